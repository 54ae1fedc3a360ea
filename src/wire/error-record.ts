import { types } from 'node:util';
import { intrinsics } from './intrinsics.js';

const { isNativeError } = types;

/** An error as plain data. */
export interface ErrorRecord {
  name: string;
  message: string;
  stack?: string;
  /** There when the error has a cause of its own, which may be `undefined`. */
  cause?: unknown;
  /** Of an AggregateError. */
  errors?: unknown[];
  /** Own enumerable data properties beside these: code, errno, syscall, path, ... */
  properties: { [key: string]: unknown };
}

const ownFields: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', 'errors', '__proto__']);

const builtinNames = [
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
] as const;

/** Errors made by the engine's own means, and those that inherit from `Error` without (DOMException, old-style classes). */
export function isError(thing: unknown): thing is object {
  if (typeof thing !== 'object' || thing === null) return false;
  if (isNativeError(thing)) return true;
  try {
    return Object.prototype.isPrototypeOf.call(intrinsics.Error.prototype, thing);
  } catch {
    return false; // A proxy whose getPrototypeOf throws.
  }
}

function read(thing: object, key: string | number): unknown {
  try {
    return (thing as { [key: string | number]: unknown })[key];
  } catch {
    return undefined;
  }
}

/** Those that can be carried. By their indices: the list is of the function's realm, and so its iterator may be anything. */
function carriable(errors: readonly unknown[], canCarry: (value: unknown) => boolean): unknown[] {
  const carried: unknown[] = [];
  for (let index = 0; index < errors.length; index++) {
    const error = read(errors, index);
    if (canCarry(error)) carried.push(error);
  }
  return carried;
}

/**
 * Fills `record` from `error`. What cannot be carried is left out: an error is told of even when it drags a socket along.
 * The record is there before it is filled, because an error may contain itself.
 */
export function fillErrorRecord(record: ErrorRecord, error: object, canCarry: (value: unknown) => boolean): void {
  const name = read(error, 'name');
  const message = read(error, 'message');
  const stack = read(error, 'stack');
  record.name = typeof name === 'string' ? name : 'Error';
  record.message = typeof message === 'string' ? message : '';
  if (typeof stack === 'string') record.stack = stack;
  record.properties = {};
  if (Object.hasOwn(error, 'cause')) {
    const cause = read(error, 'cause');
    if (canCarry(cause)) record.cause = cause;
  }
  const errors = read(error, 'errors');
  if (Array.isArray(errors) && Object.hasOwn(error, 'errors')) record.errors = carriable(errors, canCarry);
  for (const key of Object.keys(error)) {
    const { value, get } = Object.getOwnPropertyDescriptor(error, key) ?? {};
    if (ownFields.has(key) || get !== undefined) continue;
    if (canCarry(value)) record.properties[key] = value;
  }
}

/** An empty record, of the realm this code runs in. */
export function emptyErrorRecord(): ErrorRecord {
  return { name: 'Error', message: '', properties: {} };
}

/** As the builder makes those that are no instances of anything. */
function isPlain(thing: unknown): thing is { [key: string]: unknown } {
  return typeof thing === 'object' && thing !== null && Object.getPrototypeOf(thing) === intrinsics.Object.prototype;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** An error of the class that the record names, still without anything in it: see {@link reviveError}. */
export function emptyError(record: Partial<ErrorRecord>): Error {
  const name = builtinNames.find((builtin) => builtin === record.name) ?? 'Error';
  return name === 'AggregateError' ? new intrinsics.AggregateError([]) : new intrinsics[name]();
}

/**
 * Gives an {@link emptyError} what its record, complete by now, says. The record may be anything hostile bytes spell.
 * @param copied the properties of all records so far
 * @throws TypeError when it has properties that an error before it has, too: a thousand of a thousand are a million
 */
export function reviveError(error: Error, record: Partial<ErrorRecord>, copied: Set<unknown>): void {
  const hidden = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  };
  const name = textOf(record.name) || 'Error';
  const message = textOf(record.message);
  if (error.name !== name) hidden('name', name);
  hidden('message', message);
  // Never the stack of this decoder.
  hidden('stack', textOf(record.stack) || (message === '' ? name : `${name}: ${message}`));
  if (Object.hasOwn(record, 'cause')) hidden('cause', record.cause);
  if (Array.isArray(record.errors)) hidden('errors', record.errors);
  const { properties } = record;
  // A view or a boxed string has as many keys as bytes, of which none is in the text.
  if (!isPlain(properties)) return;
  if (copied.has(properties)) throw new TypeError('Two errors with the same properties');
  copied.add(properties);
  for (const key of Object.keys(properties)) {
    if (ownFields.has(key)) continue;
    Object.defineProperty(error, key, { value: properties[key], writable: true, configurable: true, enumerable: true });
  }
}
