/** Every method of this built-in, its own and its prototype's, throws when it is called. */
export default function breaksMethods(name: string): { list: number[] } {
  const list = [1, 2];
  const value = { list };
  const { defineProperty, ownKeys, getOwnPropertyDescriptor } = Reflect;
  const builtIn = (globalThis as unknown as { [name: string]: { prototype?: object } })[name];
  const replaced = () => {
    throw new TypeError('replaced');
  };
  for (const owner of [builtIn, builtIn?.prototype]) {
    if (owner === undefined) continue;
    const keys = ownKeys(owner);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] ?? '';
      const descriptor = getOwnPropertyDescriptor(owner, key);
      if (descriptor?.configurable !== true || key === 'constructor') continue;
      defineProperty(owner, key, descriptor.get ? { get: replaced } : { value: replaced });
    }
  }
  return value;
}
