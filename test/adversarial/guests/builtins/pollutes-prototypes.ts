/** Every object has these fields, from its prototype. */
export default function pollutesPrototypes(names: string): { a: number } {
  const descriptor = Object.assign(Object.create(null) as object, { value: 'polluted', writable: true, configurable: true });
  for (const name of names.split(' ')) Object.defineProperty(Object.prototype, name, descriptor);
  return { a: 1 };
}
