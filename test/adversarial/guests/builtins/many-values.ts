/** The stack is that of the place where it was made. */
function withoutStack<T extends Error>(error: T): T {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

/** One of each type that can be carried; of those that hold others, within each other. */
export function manyValues(): { [name: string]: unknown } {
  const buffer = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer;
  return {
    list: [1, 'two', null, undefined, true, -0, Number.NaN, 12n, -(2n ** 70n)],
    date: new Date(86_400_000),
    invalid: new Date(Number.NaN),
    expression: /a+(?<b>c)/giu,
    map: new Map<unknown, unknown>([
      ['a', new Set([1, { b: 2 }])],
      [new Date(0), [3]],
    ]),
    url: new URL('https://example.org/a?b=c#d'),
    query: new URLSearchParams('a=1&b=2'),
    boxed: [Object(1), Object('a'), Object(false), Object(7n)] as unknown[],
    buffer,
    whole: new Uint8Array(buffer),
    part: new Uint16Array(buffer, 2, 2),
    big: new BigInt64Array(buffer),
    view: new DataView(Uint8Array.of(1, 2, 3).buffer),
    bytes: Buffer.from('bytes'),
    error: Object.assign(withoutStack(new RangeError('kept', { cause: withoutStack(new TypeError('too')) })), {
      code: 'E_KEPT',
    }),
    all: withoutStack(new AggregateError([withoutStack(new Error('one'))], 'all')),
    bare: Object.assign(Object.create(null) as object, { a: 1 }),
  };
}
