/** Every method and getter of these throws when it is called. */
export function replaceMethods(owners: readonly object[]): void {
  const { defineProperty, ownKeys, getOwnPropertyDescriptor } = Reflect;
  const replaced = () => {
    throw new TypeError('replaced');
  };
  // Without an iterator, a method or a new array: they may be what has just been replaced.
  for (let which = 0; which < owners.length; which++) {
    const owner = owners[which] ?? {};
    const keys = ownKeys(owner);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] ?? '';
      const descriptor = getOwnPropertyDescriptor(owner, key);
      if (descriptor?.configurable !== true || key === 'constructor') continue;
      defineProperty(owner, key, descriptor.get ? { get: replaced } : { value: replaced });
    }
  }
}
