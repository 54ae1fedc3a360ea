/** Every global throws when it is looked at. */
export default function breaksGlobals(): number {
  const { defineProperty } = Reflect;
  const error = new Error('replaced');
  const globals = globalThis;
  for (const key of Object.getOwnPropertyNames(globals)) {
    defineProperty(globals, key, {
      get() {
        throw error;
      },
    });
  }
  return 5;
}
