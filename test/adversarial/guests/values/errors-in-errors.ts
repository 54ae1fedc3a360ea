/** Ten levels of eight errors each: a thousand million, written out. */
export default function errorsInErrors(): never {
  let error: Error = new RangeError('leaf');
  for (let level = 0; level < 10; level++) error = new AggregateError(Array(8).fill(error), `level ${level}`);
  throw error;
}
