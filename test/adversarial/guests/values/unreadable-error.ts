/** An error of which nothing can be read. */
export default function unreadableError(): never {
  const error = new Error('never seen');
  const unreadable = {
    get(): never {
      throw error;
    },
  };
  for (const name of ['name', 'message', 'stack', 'cause', 'code', 'errno', 'constructor'])
    Object.defineProperty(error, name, unreadable);
  throw error;
}
