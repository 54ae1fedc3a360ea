/** Promises of a class that throws, with a `then` that never calls back. */
export default async function breaksPromises(): Promise<number> {
  const get = () => {
    throw new Error('replaced');
  };
  Object.defineProperty(Promise, Symbol.species, { get });
  // biome-ignore lint/suspicious/noThenProperty: the promises' own is what this is about
  Promise.prototype.then = () => new Promise<never>(() => {});
  return 5;
}
