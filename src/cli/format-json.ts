/**
 * A function's value as one line of JSON. Where JSON has a rule it holds (undefined is null in an array and absent in an
 * object, Date and URL are strings). Where JSON.stringify would refuse or silently lose the value, it is written so that a
 * reader of JSON gets all of it:
 *
 * | value | written as |
 * |---|---|
 * | BigInt | its digits, as a JSON number of any length |
 * | NaN, Infinity, -Infinity | `"NaN"`, `"Infinity"`, `"-Infinity"`, as Protocol Buffers' JSON does |
 * | -0 | `-0` |
 * | Map | array of [key, value] |
 * | Set, typed arrays | array |
 * | Buffer, ArrayBuffer, DataView | base64 string |
 * | RegExp | its source, `"/a+/g"` |
 * | Error | object with name, message, its own properties and cause |
 *
 * @throws TypeError for a value that contains itself, with the path of the reference.
 */
export function formatJson(value: unknown): string {
  return write(value, 'result', new Map()) ?? 'null';
}

/** undefined: leave it out, as JSON.stringify does. */
function write(value: unknown, path: string, above: Map<object, string>): string | undefined {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : `"${value}"`;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? 'null' : writeObject(value, path, above);
    default:
      return undefined;
  }
}

function writeObject(value: object, path: string, above: Map<object, string>): string {
  const seen = above.get(value);
  if (seen !== undefined) {
    throw new TypeError(`\`${path}\` refers back to \`${seen}\`, and JSON has no form for a value that contains itself`);
  }
  above.set(value, path);
  try {
    return writeFresh(value, path, above);
  } finally {
    above.delete(value);
  }
}

function writeFresh(value: object, path: string, above: Map<object, string>): string {
  const list = (items: readonly unknown[]) =>
    `[${Array.from(items, (item, index) => write(item, `${path}[${index}]`, above) ?? 'null').join(',')}]`;
  if (Array.isArray(value)) return list(value);
  if (value instanceof Map || value instanceof Set) return list([...value]);
  if (Buffer.isBuffer(value) || value instanceof DataView) return base64(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return base64(value, 0, value.byteLength);
  if (ArrayBuffer.isView(value)) return list(Array.from(value as unknown as Iterable<number | bigint>));
  if (value instanceof Date) return JSON.stringify(value);
  if (value instanceof URL || value instanceof URLSearchParams || value instanceof RegExp) return quote(String(value));
  if (isBoxed(value)) return write(value.valueOf(), path, above) ?? 'null';
  if (value instanceof Error) return writeEntries(errorEntries(value), path, above);
  return writeEntries(Object.entries(value), path, above);
}

function writeEntries(entries: readonly (readonly [string, unknown])[], path: string, above: Map<object, string>): string {
  const members = entries.flatMap(([name, item]) => {
    const text = write(item, `${path}.${name}`, above);
    return text === undefined ? [] : [`${quote(name)}:${text}`];
  });
  return `{${members.join(',')}}`;
}

/** JSON.stringify escapes the control characters below space only; those from DEL on move a terminal's cursor as well. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\x9f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

function errorEntries(error: Error): [string, unknown][] {
  const inherent = ['name', 'message', 'stack', 'cause', 'errors'];
  const entries: [string, unknown][] = [
    ['name', error.name],
    ['message', error.message],
    ...Object.entries(error).filter(([name]) => !inherent.includes(name)),
  ];
  if (typeof error.stack === 'string') entries.push(['stack', error.stack]);
  if ('cause' in error) entries.push(['cause', error.cause]);
  if (error instanceof AggregateError) entries.push(['errors', error.errors]);
  return entries;
}

function isBoxed(value: object): boolean {
  return value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt;
}

function base64(buffer: ArrayBufferLike, offset: number, length: number): string {
  return JSON.stringify(Buffer.from(buffer, offset, length).toString('base64'));
}
