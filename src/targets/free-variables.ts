import { createRequire } from 'node:module';
import type { Expression } from 'acorn';

/** Loaded with the first inline function: 12 ms that programs without one do not pay. */
const load = createRequire(import.meta.url);

export interface ParsedExpression {
  /** The expression as the parser sees it. */
  readonly expression: Expression;
  /** Names that are used and not declared in it, sorted. `this` of an arrow function is one of them. */
  readonly freeNames: readonly string[];
  /** `script`: it only runs outside of ES modules (`with`, octal literals, `await` as a name). */
  readonly sourceType: 'module' | 'script';
}

/**
 * Reads `source` as one expression in parentheses and finds what it takes from around it.
 * @throws SyntaxError as the parser says it, when it is none.
 */
export function parseExpression(source: string): ParsedExpression {
  const { parse } = load('acorn') as typeof import('acorn');
  const { analyze } = load('eslint-scope') as typeof import('eslint-scope');
  const text = `(${source}\n)`;
  let sourceType: 'module' | 'script' = 'module';
  const parseAs = (type: 'module' | 'script') => parse(text, { ecmaVersion: 'latest', sourceType: type, ranges: true });
  let program: ReturnType<typeof parse>;
  try {
    program = parseAs('module');
  } catch (error) {
    sourceType = 'script';
    try {
      program = parseAs('script');
    } catch {
      throw error;
    }
  }
  const statement = program.body[0];
  if (program.body.length !== 1 || statement?.type !== 'ExpressionStatement') throw new SyntaxError('not one expression');
  const manager = analyze(program as Parameters<typeof analyze>[0], { ecmaVersion: 2025, sourceType });
  const names = new Set((manager.globalScope?.through ?? []).map((reference) => reference.identifier.name));
  return { expression: statement.expression, freeNames: [...names].sort(), sourceType };
}
