/** Values on the edge of what JavaScript has. */
export default function unlikeAnything() {
  return {
    lonely: '\ud800',
    nul: 'a\0b',
    minusZero: -0,
    invalid: new Date(Number.NaN),
    big: -(2n ** 4096n),
    hole: Object.assign([], { 1: 1 }),
    nothing: Object.create(null) as object,
    // biome-ignore lint/suspicious/noThenProperty: a name like any other
    keys: { constructor: 1, prototype: 2, toString: 3, valueOf: 4, then: 5, '': 6 },
  };
}
