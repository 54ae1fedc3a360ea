/**
 * A short cut through devalue's notation for what most calls carry: a string, number, boolean or null, or a short array of them, as
 * arguments are. devalue's own way there costs such a call 0.1 ms on each side of the wire, for code that has not run for a while.
 *
 *     3          [3]
 *     [1, 'a']   [[1,2],1,"a"]
 */
import { types } from 'node:util';
import { intrinsics } from './intrinsics.js';

const { isProxy } = types;

type Plain = string | number | boolean | null;

/** Longer ones gain nothing. */
const MOST_ELEMENTS = 16;
const LONGEST_STRING = 1024;

/** Whether JSON has it as it is: no NaN, infinity or -0. */
function isPlain(value: unknown): value is Plain {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return value === null || typeof value === 'boolean' || (typeof value === 'string' && value.length <= LONGEST_STRING);
}

/** @returns null for what is not that simple; nothing of the value's own is run to find that out */
export function writePlain(value: unknown): string | null {
  if (isPlain(value)) return `[${JSON.stringify(value)}]`;
  // Of a proxy that was revoked not even that can be asked.
  if (isProxy(value) || !Array.isArray(value) || value.length > MOST_ELEMENTS) return null;
  let indices = '';
  let elements = '';
  for (let index = 0; index < value.length; index++) {
    // A hole has none, and a getter's has no value.
    const element: unknown = Object.getOwnPropertyDescriptor(value, index)?.value;
    if (!isPlain(element)) return null;
    indices += index === 0 ? '1' : `,${index + 1}`;
    elements += `,${JSON.stringify(element)}`;
  }
  return `[[${indices}]${elements}]`;
}

/** @returns null for what only devalue can read, or refuse */
export function readPlain(flat: unknown): { readonly value: unknown } | null {
  if (!Array.isArray(flat) || flat.length === 0 || flat.length > MOST_ELEMENTS + 1) return null;
  const root: unknown = flat[0];
  if (!Array.isArray(root)) return flat.length === 1 && isPrimitive(root) ? { value: root } : null;
  if (root.length > MOST_ELEMENTS) return null;
  const value = new intrinsics.Array<unknown>(root.length);
  for (let at = 0; at < root.length; at++) {
    const index = root[at] as number;
    // Below 0 are devalue's signs for undefined, NaN, a hole and so on; a string is the name of a type.
    if (!Number.isInteger(index) || index < 1 || index >= flat.length || !isPrimitive(flat[index])) return null;
    value[at] = flat[index];
  }
  return { value };
}

/** Of what JSON.parse gives. */
function isPrimitive(parsed: unknown): boolean {
  return parsed === null || typeof parsed !== 'object';
}
