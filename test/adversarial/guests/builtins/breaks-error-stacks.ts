/** Errors whose stacks throw when they are made. */
export default function breaksErrorStacks(): never {
  Error.prepareStackTrace = () => {
    throw new Error('replaced');
  };
  throw new RangeError('thrown');
}
