import { types } from 'node:util';
import type { StringifyOperations } from 'devalue';
import { createAllowance, urlProblem } from './allowance.js';
import { bufferLengthOf, bytesOf, getterOf, lengthOf, typedArrayName } from './bytes.js';
import { intrinsics } from './intrinsics.js';

const { isBigIntObject, isBooleanObject, isDataView, isDate, isMap, isNumberObject } = types;
const { isPromise, isRegExp, isSet, isStringObject } = types;

/**
 * Deepest nesting that is carried. devalue recurses: with node's default stack it gives up at 1,700 levels writing and at
 * 2,200 reading (measured). A fixed limit below both makes sure that what one side writes the other side can read.
 */
const MAX_DEPTH = 1000;

/** Reads a value for devalue, and remembers why it refused what it refused. */
export interface Reader {
  readonly operations: Partial<StringifyOperations>;
  /** The bytes to carry in place of this "ArrayBuffer", when it is a stand-in that {@link standInFor} made. */
  sliceOf(thing: unknown): Uint8Array | undefined;
  /** A stand-in for the bytes of a view: its own ArrayBuffer where the view shows all of it, so that sharing is kept. */
  standInFor(view: ArrayBufferView): object;
  /** Counts one more level of nesting that devalue's recursion takes for `thing`. */
  enter(thing: object): void;
  /** What is wrong with a thing that devalue refused. */
  problemOf(thing: unknown): string;
}

const numberOf = Number.prototype.valueOf;
const stringOf = String.prototype.valueOf;
const booleanOf = Boolean.prototype.valueOf;
const bigintOf = BigInt.prototype.valueOf;
const timeOf = Date.prototype.getTime;
const isoOf = Date.prototype.toISOString;
const valuesOf = Set.prototype.values;
const entriesOf = Map.prototype.entries;
const hrefOf = getterOf<string>(intrinsics.URL.prototype, 'href');
const { toString: queryOf } = intrinsics.URLSearchParams.prototype;
const sourceOf = getterOf<string>(RegExp.prototype, 'source');

/** In the order in which `flags` has them. That getter itself would ask the pattern for each by its name, and so the function's realm. */
const flags = Object.entries({
  d: 'hasIndices',
  g: 'global',
  i: 'ignoreCase',
  m: 'multiline',
  s: 'dotAll',
  u: 'unicode',
  v: 'unicodeSets',
  y: 'sticky',
}).map(([flag, key]) => ({ flag, isSetIn: getterOf<boolean>(RegExp.prototype, key) }));

function flagsOf(pattern: object): string {
  return flags.map(({ flag, isSetIn }) => (isSetIn(pattern) ? flag : '')).join('');
}

/** The prototype of plain objects, of this or another realm. */
function isObjectPrototype(prototype: object): boolean {
  return (
    prototype === intrinsics.Object.prototype ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf'))
  );
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** What devalue is to take a thing for: by its internal slots, because `Symbol.toStringTag` is anybody's to set. */
function brandOf(thing: object): string {
  if (Array.isArray(thing)) return 'Array';
  const prototype = Object.getPrototypeOf(thing) as object | null;
  if (prototype === null || isObjectPrototype(prototype)) return 'Object';
  if (isMap(thing)) return 'Map';
  if (isSet(thing)) return 'Set';
  if (isDate(thing)) return 'Date';
  if (isRegExp(thing)) return 'RegExp';
  if (isDataView(thing)) return 'DataView';
  if (isNumberObject(thing)) return 'Number';
  if (isStringObject(thing)) return 'String';
  if (isBooleanObject(thing)) return 'Boolean';
  if (isBigIntObject(thing)) return 'BigInt';
  if (succeeds(() => hrefOf(thing))) return 'URL';
  if (succeeds(() => Reflect.apply(queryOf, thing, []))) return 'URLSearchParams';
  return typedArrayName(thing) ?? 'Object';
}

function instanceProblem(thing: object): string {
  const prototype = Object.getPrototypeOf(thing) as { constructor?: { name?: unknown } } | null;
  const name = prototype?.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `is an instance of ${name}` : 'is not a plain object';
}

function shapeProblem(thing: object): string | undefined {
  const prototype = Object.getPrototypeOf(thing) as object | null;
  if (prototype !== null && !isObjectPrototype(prototype)) return instanceProblem(thing);
  // devalue refuses it on both sides: assigning it would set the prototype.
  if (Object.hasOwn(thing, '__proto__')) return 'has a property named `__proto__`';
  const symbols = Object.getOwnPropertySymbols(thing);
  const isEnumerable = (symbol: symbol) => Object.getOwnPropertyDescriptor(thing, symbol)?.enumerable === true;
  return symbols.some(isEnumerable) ? 'has a symbol as a key' : undefined;
}

function messageOf(thrown: unknown): string {
  try {
    return String((thrown as { message?: unknown } | null | undefined)?.message ?? thrown);
  } catch {
    return 'an error without a readable message';
  }
}

/** `throws when read: ...` */
export function readProblem(thrown: unknown): string {
  return `throws when read: ${messageOf(thrown)}`;
}

export function createReader(): Reader {
  const refusals = new Map<unknown, string>();
  const slices = new Map<object, Uint8Array>();
  const allowance = createAllowance();
  // The objects around the one being read. devalue says when it enters (tagOf) but not when it leaves; reading the next
  // property of an object says that everything inside it has been left.
  const around: object[] = [];

  function enter(thing: object): void {
    around.push(thing);
  }

  function leaveInside(parent: object): void {
    while (around.length > 0 && around[around.length - 1] !== parent) around.pop();
  }

  /** Something that devalue will refuse in its turn, so that the path to it is known. */
  function refusal(problem: string): object {
    const thing = {};
    refusals.set(thing, problem);
    return thing;
  }

  function* leavingInside<T>(parent: object, items: Iterable<T>): Iterable<T> {
    for (const item of items) {
      leaveInside(parent);
      yield item;
    }
  }

  function standInFor(view: ArrayBufferView): object {
    const bytes = bytesOf(view);
    // A view of a part shows what its owner meant to send; the rest may be node's buffer pool, with anything in it.
    if (types.isArrayBuffer(bytes.buffer) && bytes.byteLength === bufferLengthOf(bytes.buffer)) return bytes.buffer;
    const standIn = {};
    slices.set(standIn, bytes);
    return standIn;
  }

  /** Why a thing of that brand is more than the other side would build. */
  function excessOf(thing: object, brand: string): string | null {
    if (brand === 'URL') return urlProblem(hrefOf(thing));
    if (brand === 'URLSearchParams') return allowance.takeQuery(Reflect.apply(queryOf, thing, []));
    return brand === 'RegExp' ? allowance.takePattern(sourceOf(thing), flagsOf(thing)) : null;
  }

  const operations: Partial<StringifyOperations> = {
    tagOf(thing: object) {
      enter(thing);
      if (around.length > MAX_DEPTH) refusals.set(thing, 'is nested too deeply');
      if (refusals.has(thing)) return 'Object';
      try {
        const brand = brandOf(thing);
        const excess = excessOf(thing, brand);
        if (excess === null) return brand;
        refusals.set(thing, excess);
        return 'Object';
      } catch (error) {
        refusals.set(thing, readProblem(error));
        return 'Object';
      }
    },
    isThenable: (thing) => isPromise(thing),
    shapeOf(thing: object) {
      if (refusals.has(thing)) return { kind: 'not-plain' };
      try {
        const problem = shapeProblem(thing);
        if (problem === undefined) {
          return { kind: Object.getPrototypeOf(thing) === null ? 'null-proto' : 'plain', keys: Object.keys(thing) };
        }
        refusals.set(thing, problem);
      } catch (error) {
        refusals.set(thing, readProblem(error));
      }
      return { kind: 'not-plain' };
    },
    get(parent: { [key: string | number]: unknown }, key) {
      leaveInside(parent);
      try {
        return parent[key];
      } catch (error) {
        return refusal(readProblem(error));
      }
    },
    unbox(boxed: object) {
      const unboxed = isNumberObject(boxed) ? numberOf : isStringObject(boxed) ? stringOf : booleanOf;
      return Reflect.apply(isBigIntObject(boxed) ? bigintOf : unboxed, boxed, []);
    },
    toISOString: (date: Date) => (Number.isNaN(Reflect.apply(timeOf, date, [])) ? '' : Reflect.apply(isoOf, date, [])),
    toStringValue(thing: object) {
      return succeeds(() => hrefOf(thing)) ? hrefOf(thing) : (Reflect.apply(queryOf, thing, []) as string);
    },
    regExpInfo: (pattern: object) => ({ source: sourceOf(pattern), flags: flagsOf(pattern) }),
    valuesOf: (set: Set<unknown>) => leavingInside(set, Reflect.apply(valuesOf, set, [])),
    entriesOf: (map: Map<unknown, unknown>) => leavingInside(map, Reflect.apply(entriesOf, map, [])),
    viewInfo(view: ArrayBufferView) {
      const { byteLength } = bytesOf(view);
      const length = typedArrayName(view) === undefined ? byteLength : lengthOf(view);
      return { buffer: standInFor(view), byteOffset: 0, byteLength, length, bufferByteLength: byteLength };
    },
  };

  function problemOf(thing: unknown): string {
    const known = refusals.get(thing);
    if (known !== undefined) return known;
    if (typeof thing === 'function') return 'is a function';
    if (typeof thing === 'symbol') return 'is a symbol';
    return isPromise(thing) ? 'is a promise' : 'cannot be carried';
  }

  return { operations, sliceOf: (thing) => slices.get(thing as object), standInFor, enter, problemOf };
}
