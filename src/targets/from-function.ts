import { isBuiltin } from 'node:module';
import type { ArrowFunctionExpression, Expression, FunctionExpression } from 'acorn';
import { guestSpecifier } from '../wire/guest-library.js';
import { literalText, walk } from './ast.js';
import { type ParsedExpression, parseExpression } from './free-variables.js';
import { nodeGlobals } from './node-globals.js';
import type { InlineFunction } from './target.js';

/** Begins the source of what was a method: the rest keeps its columns, on lines that are one further down. */
export const METHOD_MARK = '/* method */\n';

/** What esbuild's keepNames (and tsx) call in a function; the generated module defines it. */
const KEEP_NAME = /^__name\d*$/;

const compilerHelper =
  /^(?:__[a-z]\w*|cov_\w+|tslib(?:_\d+)?|regeneratorRuntime|stryMutAct_\w+|_(?:async\w+|await\w+|class\w+|create\w+|define\w+|extends|inherits\w*|interop\w+|objectSpread\w*|objectWithout\w+|possible\w+|regenerator\w*|slicedToArray|taggedTemplate\w+|toConsumableArray|toPropertyKey|typeof|wrap\w+)\d*)$/;

/**
 * Takes a self-contained function by its source.
 * @throws TypeError before anything is started, when the source alone is not the whole function: it is bound or native, a
 * class, a generator, or uses variables, `this` of around it, `super`, private names, `import.meta` or packages.
 */
export function fromFunction(fn: (...args: never[]) => unknown): InlineFunction {
  if (typeof fn !== 'function') throw new TypeError(`Expected a function, got \`${String(fn)}\` (${typeof fn})`);
  const ownName: unknown = Object.getOwnPropertyDescriptor(fn, 'name')?.value;
  const name = typeof ownName === 'string' && ownName !== '' ? ownName : 'anonymous';
  return { kind: 'inline', name, source: selfContainedSource(Function.prototype.toString.call(fn), name) };
}

/** @internal The expression for a function of which `toString` says `text`. */
export function selfContainedSource(text: string, name: string): string {
  if (/^(?:async )?function[^{]*\{\s*\[native code\]\s*\}$/.test(text)) {
    const what = name.startsWith('bound ') ? 'is bound: its receiver and arguments are' : 'is native (or a Proxy): it is';
    refuse(name, `${what} not in its source`, `Wrap it: (...args) => ..., or ${useModule(name)}`);
  }
  const { source, parsed } = asExpression(text, name);
  if (parsed instanceof Error) return refuseUnreadable(parsed, name);
  const fn = checkKind(parsed.expression, name);
  checkSurroundings(fn, name);
  checkFreeNames(parsed, fn, name);
  return source;
}

interface SourceText {
  readonly source: string;
  readonly parsed: ParsedExpression | Error;
}

/** Methods become function expressions, everything else stays as it is. */
function asExpression(text: string, name: string): SourceText {
  const parsed = tryToParse(text);
  if (!(parsed instanceof Error)) return { source: text, parsed };
  const object = tryToParse(`{${text}}`);
  // What is wrong with a method is told by reading it as one.
  if (object instanceof Error) return { source: text, parsed: /^(?:async\b|function\b|\()/.test(text) ? parsed : object };
  const property = object.expression.type === 'ObjectExpression' ? object.expression.properties[0] : undefined;
  if (property?.type !== 'Property' || property.value.type !== 'FunctionExpression') return { source: text, parsed };
  const { start, async, generator } = property.value;
  if (generator) refuseGenerator(name);
  // Two characters come before the text: `({`.
  const lines = text.slice(0, start - 2).split('\n');
  const blank = `${'\n'.repeat(lines.length - 1)}${' '.repeat(lines.at(-1)?.length ?? 0)}`;
  const source = `${async ? 'async ' : ''}function ${METHOD_MARK}${blank}${text.slice(start - 2)}`;
  return { source, parsed: tryToParse(source) };
}

function tryToParse(source: string): ParsedExpression | Error {
  try {
    return parseExpression(source);
  } catch (error) {
    // RangeError: nested deeper than the parser's stack.
    return error instanceof Error ? error : new Error(String(error));
  }
}

function checkKind(expression: Expression, name: string): FunctionExpression | ArrowFunctionExpression {
  if (expression.type === 'ClassExpression') {
    refuse(name, 'is a class', `Write a function that makes the instance and calls it, or ${useModule(name)}`);
  }
  if (expression.type !== 'FunctionExpression' && expression.type !== 'ArrowFunctionExpression') {
    return refuse(name, 'has a source that is no function', useModule(name));
  }
  if (expression.generator) refuseGenerator(name);
  return expression;
}

/** What is not a variable, and yet comes from around the function. */
function checkSurroundings(fn: FunctionExpression | ArrowFunctionExpression, name: string): void {
  walk(fn, (node) => {
    if (node.type === 'MetaProperty' && node.meta.name === 'import') {
      refuse(name, 'uses `import.meta`, which belongs to its module', useModule(name));
    }
    return undefined;
  });
  if (fn.type !== 'ArrowFunctionExpression') return;
  walk(fn, (node) => {
    if (node.type === 'ThisExpression') {
      refuse(
        name,
        'is an arrow function that uses the `this` around it',
        `Pass what it needs as an argument, or ${useModule(name)}`,
      );
    }
    // These have a `this` of their own.
    return node.type !== 'FunctionExpression' && node.type !== 'FunctionDeclaration' && node.type !== 'ClassBody';
  });
}

function checkFreeNames(parsed: ParsedExpression, fn: Expression, name: string): void {
  const allowed = nodeGlobals();
  const free = parsed.freeNames.filter((each) => !allowed.has(each) && each !== 'require' && !KEEP_NAME.test(each));
  const helpers = free.filter((each) => compilerHelper.test(each));
  if (helpers.length > 0) {
    refuse(
      name,
      `was rewritten by a compiler or coverage tool and calls its ${plural(helpers, 'helper')}`,
      `Compile for Node ${process.versions.node.split('.')[0]} or later, or ${useModule(name)}`,
    );
  }
  if (free.length > 0) {
    refuse(
      name,
      `uses ${plural(free, 'variable')} from outside of itself`,
      `Pass what it needs as arguments, or ${useModule(name)}`,
    );
  }
  const requireIsFree = parsed.freeNames.includes('require');
  walk(fn, (node) => {
    const isRequire =
      requireIsFree && node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'require';
    if (!isRequire && node.type !== 'ImportExpression') return undefined;
    const specifier = literalText(node.type === 'ImportExpression' ? node.source : node.arguments[0]);
    if (specifier === undefined || isBuiltin(specifier) || guestSpecifier(specifier) !== undefined) return undefined;
    if (/^(?:\/|[a-z]+:)/i.test(specifier)) return undefined;
    return refuse(name, `imports \`${specifier}\`, which does not travel with the source of one function`, useModule(name));
  });
}

function refuseUnreadable(error: Error, name: string): never {
  if (/super/.test(error.message)) refuse(name, 'uses `super`, which belongs to its class or object', useModule(name), error);
  if (/[Pp]rivate|#/.test(error.message)) refuse(name, 'uses private names of its class', useModule(name), error);
  return refuse(name, `has a source that cannot be read on its own (${error.message})`, useModule(name), error);
}

function refuseGenerator(name: string): never {
  return refuse(name, 'is a generator, and its result cannot be carried', 'Collect the values in an array and return that');
}

function refuse(name: string, problem: string, hint: string, cause?: Error): never {
  throw new TypeError(`Function \`${name}\` ${problem}. ${hint}`, cause === undefined ? undefined : { cause });
}

function useModule(name: string): string {
  const exportName = /^[\w$]+$/.test(name) ? name : 'name';
  return `move the function into a module and use fromModule(new URL('./file.js', import.meta.url), '${exportName}')`;
}

function plural(names: readonly string[], noun: string): string {
  return `${noun}${names.length === 1 ? '' : 's'} ${names.map((each) => `\`${each}\``).join(', ')}`;
}
