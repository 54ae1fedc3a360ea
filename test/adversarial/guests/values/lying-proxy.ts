/** A proxy that claims one key and has another, and says something else at each look. */
export default function lyingProxy(): object {
  let looks = 0;
  return new Proxy(
    {},
    {
      ownKeys: () => ['a', 'b'],
      getOwnPropertyDescriptor: (_, key) =>
        key === 'a' || key === 'b' ? { enumerable: true, configurable: true, value: ++looks } : undefined,
      get: (_, key) => `${String(key)} at look ${++looks}`,
      has: () => false,
    },
  );
}
