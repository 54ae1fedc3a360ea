import { intrinsics } from './intrinsics.js';

/** `(self) => self[key]` by the getter that `prototype` has now: right for objects of any realm, whatever they say of themselves. */
export function getterOf<T>(prototype: object, key: PropertyKey): (self: unknown) => T {
  const get = Object.getOwnPropertyDescriptor(prototype, key)?.get;
  if (get === undefined) throw new TypeError(`No getter ${String(key)}`);
  return (self) => Reflect.apply(get, self, []) as T;
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** Of a typed array: its constructor's name (`Uint8Array` for a Buffer, too); `undefined` for anything else. */
export const typedArrayName = getterOf<string | undefined>(typedArray, Symbol.toStringTag);
/** Elements of a typed array. */
export const lengthOf = getterOf<number>(typedArray, 'length');
const arrayBufferOfTypedArray = getterOf<ArrayBufferLike>(typedArray, 'buffer');
const offsetOfTypedArray = getterOf<number>(typedArray, 'byteOffset');
const byteLengthOfTypedArray = getterOf<number>(typedArray, 'byteLength');
const arrayBufferOfDataView = getterOf<ArrayBufferLike>(DataView.prototype, 'buffer');
const offsetOfDataView = getterOf<number>(DataView.prototype, 'byteOffset');
const byteLengthOfDataView = getterOf<number>(DataView.prototype, 'byteLength');
/** Bytes of an ArrayBuffer. */
export const bufferLengthOf = getterOf<number>(ArrayBuffer.prototype, 'byteLength');

/** The bytes that a typed array, Buffer or DataView shows, without a copy. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return typedArrayName(view) === undefined
    ? new Uint8Array(arrayBufferOfDataView(view), offsetOfDataView(view), byteLengthOfDataView(view))
    : new Uint8Array(arrayBufferOfTypedArray(view), offsetOfTypedArray(view), byteLengthOfTypedArray(view));
}

/** Bytes of all pieces together. */
export function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

const encoder = new intrinsics.TextEncoder();
const { encode } = encoder;
// ignoreBOM: a text that begins with U+FEFF keeps it. fatal: what is no UTF-8 is an error, not U+FFFD.
const decoder = new intrinsics.TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
const { decode } = decoder;

/** The text in UTF-8. */
export function toUtf8(text: string): Uint8Array {
  return bytesOf(Reflect.apply(encode, encoder, [text]) as Uint8Array);
}

/** @throws TypeError when it is no UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return Reflect.apply(decode, decoder, [bytes]) as string;
}
