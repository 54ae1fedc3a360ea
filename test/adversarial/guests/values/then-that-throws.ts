/** Whoever asks whether it is a thenable gets an error. */
export default function thenThatThrows(): object {
  return Object.defineProperty({}, 'then', {
    get() {
      throw new RangeError('no then for you');
    },
  });
}
