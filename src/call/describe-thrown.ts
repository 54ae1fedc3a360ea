import { inspect, types } from 'node:util';

/** A message is there to be read, and what was thrown may be as large as a result: all of it is in `cause`. */
const LONGEST_TEXT = 2000;
const MOST_ITEMS = 20;
/** To write 2^250,000,000 in decimal takes minutes. */
const LARGEST_WRITTEN = 10n ** 1000n;

/** What was thrown, in few characters and in no time: whoever made it may be hostile, and this program waits. */
export function describeThrown(thrown: unknown): string {
  const text =
    thrown instanceof Error
      ? `${thrown.name}: ${thrown.message}`
      : inspect(firstOf(thrown), { depth: 0, breakLength: Number.POSITIVE_INFINITY });
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

/**
 * As much of it as inspect is to see. By itself it has no bounds for keys (a million took it 6 s), nor for those of a boxed string or of an
 * array with a hole, for the pairs of a query, and for the lines of an error's stack, which it compares with all those of its cause.
 */
function firstOf(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return nameOf(thrown);
  if (Array.isArray(thrown)) {
    const first = thrown.slice(0, MOST_ITEMS).map(nameOf);
    if (thrown.length > MOST_ITEMS) first.push(shownAs(`… ${thrown.length - MOST_ITEMS} more items`));
    return first;
  }
  if (types.isBoxedPrimitive(thrown)) {
    const inside = nameOf(thrown.valueOf());
    return typeof inside === 'object' ? inside : Object(inside);
  }
  if (!isPlain(thrown)) return nameOf(thrown);
  const keys = Object.keys(thrown);
  const first = keys.slice(0, MOST_ITEMS).map((key) => [key, nameOf((thrown as { [key: string]: unknown })[key])]);
  return Object.fromEntries(keys.length > MOST_ITEMS ? [...first, ['…', keys.length - MOST_ITEMS]] : first);
}

/** A primitive as it is, as far as it is short, and of an object what inspect says of one that is too deep for it. */
function nameOf(thing: unknown): unknown {
  if (typeof thing === 'string') return thing.slice(0, LONGEST_TEXT);
  if (typeof thing === 'bigint')
    return thing < LARGEST_WRITTEN && thing > -LARGEST_WRITTEN ? thing : shownAs('[BigInt of more than 1000 digits]');
  if (typeof thing !== 'object' || thing === null || types.isDate(thing)) return thing;
  const prototype = Object.getPrototypeOf(thing) as { constructor: { name: string } } | null;
  return shownAs(`[${prototype?.constructor.name ?? 'Object: null prototype'}]`);
}

function shownAs(text: string): object {
  return { [inspect.custom]: () => text };
}

function isPlain(thing: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(thing);
  return prototype === Object.prototype || prototype === null;
}
