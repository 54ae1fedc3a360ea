import type { LimitedCallError } from '../exceptions.js';
import type { Outcome } from '../outcome.js';
import { formatJson, type JsonText, jsonText } from './json-text.js';

/** The outcome as one line of JSON: all fields but the bytes, which `stdout` and `stderr` are as text. `problem` is of the result. */
export function outcomeLine(outcome: Outcome): JsonText {
  const { exitStatus, result, error, rest } = partsOf(outcome);
  const { pieces, problem } = jsonText(result);
  const head = formatJson({ exitStatus }).slice(0, -1);
  const tail = jsonText(rest).pieces.join('').slice(1);
  return { pieces: [`${head},"result":`, ...pieces, ',"error":', ...jsonText(error).pieces, `,${tail}`], problem };
}

/** What JSON.stringify makes of an outcome: the same, as plain data. A BigInt that a number cannot hold is a text of its digits. */
export function outcomeToJson(outcome: Outcome): Record<string, unknown> {
  const { exitStatus, result, error, rest } = partsOf(outcome);
  const plain = (value: unknown): unknown => JSON.parse(jsonText(value, { bigints: 'text' }).pieces.join(''));
  return { exitStatus, result: plain(result), error: plain(error), ...(plain(rest) as object) };
}

function partsOf(outcome: Outcome) {
  const { unwrap: _unwrap, toJSON: _toJSON, stdoutBytes: _stdout, stderrBytes: _stderr, ...facts } = outcome;
  const { exitStatus, error, result, ...rest } = facts;
  return { exitStatus, result: result ?? null, error: error === null ? null : plainError(error), rest };
}

function plainError(error: Error): Record<string, unknown> {
  const { code, hint, cause } = error as Partial<LimitedCallError>;
  return { name: error.name, code: code ?? null, message: error.message, hint: hint ?? null, cause: cause ?? null };
}
