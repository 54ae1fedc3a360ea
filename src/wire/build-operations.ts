import { types } from 'node:util';
import type { ParseOperations } from 'devalue';
import { type Allowance, urlProblem } from './allowance.js';
import { createHashTime } from './hash-time.js';
import { intrinsics } from './intrinsics.js';

const { isArrayBuffer } = types;
const addToSet = Set.prototype.add;
const addToMap = Map.prototype.set;
const { prototype: objectPrototype } = intrinsics.Object;

/** Touching and deleting it makes an array's storage a dictionary, whose size is that of what is in it. */
const LARGEST_INDEX = 2 ** 32 - 2;

function refuseIf(problem: string | null): void {
  if (problem !== null) throw new TypeError(`What ${problem}`);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`Expected a string, got ${typeof value}`);
  return value;
}

type ViewConstructor = new (buffer: ArrayBuffer, byteOffset?: number, length?: number) => ArrayBufferView;

/**
 * How devalue makes the values it reads: of the program's own built-ins, and from input that may be hostile: nothing is
 * allocated by a declared length, no setter is run, and what is dear to build has an allowance.
 */
export function createBuildOperations(allowance: Allowance): Partial<ParseOperations> {
  const hashing = createHashTime();
  return {
    ...operations,
    addValue: (set: Set<unknown>, value) => hashing.insert(value, () => Reflect.apply(addToSet, set, [value])),
    addEntry: (map: Map<unknown, unknown>, key, value) => hashing.insert(key, () => Reflect.apply(addToMap, map, [key, value])),
    fromStringValue(tag, value) {
      if (tag === 'URL') {
        refuseIf(urlProblem(text(value)));
        return new intrinsics.URL(text(value));
      }
      if (tag === 'URLSearchParams') {
        refuseIf(allowance.takeQuery(text(value)));
        return new intrinsics.URLSearchParams(text(value));
      }
      throw new TypeError(`Unknown type ${tag}`);
    },
    fromRegExpInfo(source, flags) {
      const given = flags === undefined ? '' : text(flags);
      refuseIf(allowance.takePattern(text(source), given));
      return new intrinsics.RegExp(text(source), given);
    },
  };
}

const operations: Partial<ParseOperations> = {
  fromISOString: (iso) => new intrinsics.Date(text(iso)),
  fromViewInfo(tag, buffer: unknown, byteOffset, length) {
    if (!isArrayBuffer(buffer)) throw new TypeError(`Expected the bytes of a ${tag}`);
    const Constructor = intrinsics[tag] as ViewConstructor | undefined;
    if (Constructor === undefined) throw new TypeError(`${tag} does not exist in Node.js ${process.version}`);
    return byteOffset === undefined ? new Constructor(buffer) : new Constructor(buffer, byteOffset, length);
  },
  box: (value) => intrinsics.Object(value),
  createArray: (length) => new intrinsics.Array(length),
  createSparseArray(length) {
    const array = new intrinsics.Array<unknown>();
    array[LARGEST_INDEX] = undefined;
    delete array[LARGEST_INDEX];
    array.length = length;
    return array;
  },
  createObject: () => new intrinsics.Object(),
  createSet: () => new intrinsics.Set(),
  createMap: () => new intrinsics.Map(),
  set(target: { [key: string | number]: unknown }, key, value) {
    // Assignment is several times faster, and safe where nothing is inherited under that name.
    if (typeof key === 'string' && key in objectPrototype) {
      Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable: true });
    } else {
      target[key] = value;
    }
  },
};
