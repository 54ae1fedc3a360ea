/** A thenable that resolves, rejects and throws. */
export default function settlesThreeTimes() {
  return {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    then(resolve: (value: number) => void, reject: (reason: number) => void) {
      resolve(1);
      reject(2);
      throw 3;
    },
  };
}
