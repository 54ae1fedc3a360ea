/** Nothing of `process` works any more. */
export default function breaksProcess(how: 'does nothing' | 'throws'): number {
  const replacement = () => {
    if (how === 'throws') throw new Error('replaced');
  };
  for (const name of Reflect.ownKeys(process)) {
    const replaced = { value: replacement, configurable: true };
    if (Reflect.getOwnPropertyDescriptor(process, name)?.configurable === true) Reflect.defineProperty(process, name, replaced);
  }
  return 5;
}
