/** An array as long as one can say, with something at each place. */
export default function endlessArrayProxy(): object {
  return new Proxy([], {
    get: (target, key) => (key === 'length' ? 2 ** 32 - 1 : Reflect.get(target, key)),
    has: () => true,
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 'x' }),
  });
}
