/** Every object has all the fields of nisher's messages, from its prototype. */
export default function pollutesPrototypes(): { a: number } {
  const names = 'status type length value get set enumerable path problem exitCode durationInS valueInBytes exits phase';
  const descriptor = Object.assign(Object.create(null) as object, { value: 'polluted', writable: true, configurable: true });
  for (const name of `${names} operations kind keys message name stack cause code errno 0 1 2`.split(' '))
    Object.defineProperty(Object.prototype, name, descriptor);
  return { a: 1 };
}
