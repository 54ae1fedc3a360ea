import { StringDecoder } from 'node:string_decoder';

/** Engines' lines have some kilobytes; a statistics sample, the longest, about five. */
const LONGEST_LINE = 2 ** 20;

/**
 * The objects of an answer that has one per line, as they come.
 * @throws the stream's error (which node:readline would swallow), or a SyntaxError for what is no object or does not end
 */
export async function* jsonLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Record<string, unknown>> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = `${rest}${decoder.write(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield parseLine(line);
    if (rest.length > LONGEST_LINE) throw new SyntaxError(`A line of more than ${LONGEST_LINE} characters`);
  }
  rest += decoder.end();
  if (rest.trim() !== '') yield parseLine(rest);
}

function parseLine(line: string): Record<string, unknown> {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new SyntaxError(`A line that is no object: ${line.slice(0, 80)}`);
  return value as Record<string, unknown>;
}
