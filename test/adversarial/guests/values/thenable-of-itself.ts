/** Resolving it gives itself, which is to be resolved again, for ever. */
export default function thenableOfItself(): object {
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
  const endless = { then: (resolve: (value: unknown) => void) => resolve(endless) };
  return endless;
}
