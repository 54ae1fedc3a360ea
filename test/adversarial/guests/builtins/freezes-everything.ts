/** No built-in can be changed any more; but for `process`, in which node itself keeps what it has looked up. */
export default function freezesEverything(): number {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const thing: unknown = (globalThis as unknown as { [name: string]: unknown })[name];
    if (
      thing === globalThis ||
      thing === process ||
      thing === null ||
      (typeof thing !== 'object' && typeof thing !== 'function')
    )
      continue;
    Object.freeze((thing as { prototype?: unknown }).prototype);
    Object.freeze(thing);
  }
  return 5;
}
