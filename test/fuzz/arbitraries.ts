/** What several properties are made of. */
import fc from 'fast-check';

/** Places to cut bytes at: {@link cutAt}. */
export const cuts = fc.array(fc.nat(100_000), { maxLength: 30 });

/** The bytes in pieces; a piece may be empty. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
}

export const someBytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));

/** One thing done to bytes on their way. Places are taken modulo what is there. */
export type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly to: number }
  | { readonly kind: 'drop' | 'duplicate'; readonly at: number; readonly length: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly at: number };

const at = fc.nat(1_000_000);
const length = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5000 }));

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('set' as const), at, to: fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff) }),
    fc.record({ kind: fc.constantFrom('drop' as const, 'duplicate' as const), at, length }),
    fc.record({ kind: fc.constant('splice' as const), at, from: at, length }),
    fc.record({ kind: fc.constant('insert' as const), at, bytes: someBytes(20) }),
    fc.record({ kind: fc.constant('truncate' as const), at }),
  ),
  { maxLength: 5 },
);

export function mutate(bytes: Buffer, list: readonly Mutation[]): Buffer {
  return list.reduce(mutateOnce, Buffer.from(bytes));
}

function mutateOnce(bytes: Buffer, mutation: Mutation): Buffer {
  if (bytes.length === 0) return bytes;
  const place = mutation.at % bytes.length;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (mutation.kind) {
    case 'flip':
      bytes[place] = (bytes[place] as number) ^ (1 << mutation.bit);
      return bytes;
    case 'set':
      bytes[place] = mutation.to;
      return bytes;
    case 'drop':
      return Buffer.concat([before, after.subarray(mutation.length)]);
    case 'duplicate':
      return Buffer.concat([before, after.subarray(0, mutation.length), after]);
    case 'splice': {
      const from = mutation.from % bytes.length;
      return Buffer.concat([before, bytes.subarray(from, from + mutation.length), after]);
    }
    case 'insert':
      return Buffer.concat([before, mutation.bytes, after]);
    case 'truncate':
      return Buffer.from(before);
  }
}

/** JSON of any shape, and of those shapes that engines' answers have, with wrong values in them. */
export function jsonLike(keys: readonly string[]): fc.Arbitrary<unknown> {
  const key = fc.oneof(
    fc.constantFrom(...keys, 'name'),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'length', 'then'),
  );
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 137, 255, 256, 0.5, 1e308, -0, '', '0', '137', 'x', 'NaN', '1e3'),
    fc.string({ maxLength: 8 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc
        .array(fc.tuple(key, tie('tree')), { maxLength: 6 })
        // As JSON.parse does: `__proto__` becomes a property of its own.
        .map((entries) => JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`)),
    ),
  }));
  return tree;
}
