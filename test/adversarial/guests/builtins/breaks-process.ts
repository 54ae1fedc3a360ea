/** Nothing of `process` works any more. */
export default function breaksProcess(): number {
  for (const name of Reflect.ownKeys(process)) {
    const replaced = { value: () => undefined, configurable: true };
    if (Reflect.getOwnPropertyDescriptor(process, name)?.configurable === true) Reflect.defineProperty(process, name, replaced);
  }
  return 5;
}
