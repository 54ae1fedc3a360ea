import type { AnyNode, CallExpression, NewExpression, Program } from 'acorn';
import type { ScopeManager, Variable } from 'eslint-scope';
import { walk } from '../../targets/ast.js';
import { type Evaluator, makeEvaluator, type Place, type Value } from './evaluate.js';
import { exportsOf, type ModuleExports } from './module-exports.js';
import { joinPieces, knownText, type Pieces, piece } from './pattern.js';

/** A range of the code. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** `import 'x'`, `import('x')`, `require('x')`, `require.resolve('x')`. */
export interface Reference {
  readonly kind: 'import' | 'require';
  readonly specifier: string;
  /** A declaration: without the module, none of the code runs. */
  readonly isStatic: boolean;
  /** The file from which it is looked for: the module, or what `createRequire` was given. */
  readonly from: string;
  /** What is rewritten: the literal, or the expression that amounts to one. */
  readonly range: Range;
  /** Import attributes, or the second argument of `import()`. */
  readonly attributes: Range | null;
}

/** `` import(`./plugins/${name}.js`) ``: any of the files that the text can be. */
export interface TemplateReference {
  readonly kind: 'import' | 'require';
  readonly pieces: Pieces;
  readonly from: string;
  readonly range: Range;
}

/** A path that code makes of its own place or of the working folder. */
export interface PathReference {
  /** `read`: the file itself is wanted. `run`: it is a program. `any`: one cannot tell. */
  readonly use: 'read' | 'run' | 'any';
  readonly pieces: Pieces;
  readonly range: Range;
  /** The argument of `new URL(…, import.meta.url)`, if it is a literal. */
  readonly urlLiteral: { readonly specifier: string; readonly range: Range } | null;
}

export interface ModuleShape extends ModuleExports {
  readonly references: readonly Reference[];
  readonly templates: readonly TemplateReference[];
  readonly paths: readonly PathReference[];
  /** It has an import or export declaration. */
  readonly hasModuleSyntax: boolean;
  /** It can only run as an ES module, declarations aside: `import.meta` or top-level await. */
  readonly needsEsm: boolean;
  /** It uses `__dirname`, `__filename`, `module` or `exports` without declaring them. */
  readonly needsCommonJs: boolean;
}

/** Reads what a module refers to and exports; null when it is not JavaScript that Node 20.19 runs as it is. */
export async function readShape(code: string, sourceType: 'module' | 'script', place: Place): Promise<ModuleShape | null> {
  const { parse } = await import('acorn');
  const options = { allowHashBang: true, allowReturnOutsideFunction: sourceType === 'script', ranges: true };
  let program: Program;
  try {
    program = parse(code, { ...options, ecmaVersion: 2025, sourceType });
  } catch {
    // A syntax error, or nested deeper than a stack: for the compiler, or Node, to say.
    return null;
  }
  return describe(program, await scopesOf(program, sourceType), place);
}

/** Null for a program that is nested deeper than a stack, but for the parser: a long sum. Nothing is known of its names then. */
async function scopesOf(program: Program, sourceType: 'module' | 'script'): Promise<ScopeManager | null> {
  const { analyze } = await import('eslint-scope');
  const isScript = sourceType === 'script';
  try {
    return analyze(program as never, { ecmaVersion: 2025, sourceType, nodejsScope: isScript, ignoreEval: true });
  } catch {
    return null;
  }
}

function describe(program: Program, scopes: ScopeManager | null, place: Place): ModuleShape {
  const variables = new Map<unknown, Variable | null>();
  for (const scope of scopes?.scopes ?? []) for (const each of scope.references) variables.set(each.identifier, each.resolved);
  const evaluator = makeEvaluator(place, variables);
  const references: Reference[] = [];
  const templates: TemplateReference[] = [];
  const paths: PathReference[] = [];
  let usesMeta = false;
  walk(program, (node, parent) => {
    if (node.type === 'MetaProperty' && node.meta.name === 'import') usesMeta = true;
    const loaded = loadedBy(node, evaluator, place);
    if (loaded !== null && 'specifier' in loaded) references.push(loaded);
    else if (loaded !== null) templates.push(loaded);
    const path = pathIn(node, parent, evaluator, place);
    if (path !== null) paths.push(path);
    return undefined;
  });
  const free = new Set((scopes?.globalScope?.through ?? []).map((each) => each.identifier.name));
  return {
    references,
    templates,
    paths,
    ...exportsOf(program),
    hasModuleSyntax: program.body.some((statement) => /^(?:Import|Export)/.test(statement.type)),
    needsEsm: usesMeta || hasTopLevelAwait(program),
    needsCommonJs: ['__dirname', '__filename', 'module', 'exports'].some((name) => free.has(name)),
  };
}

/** The module that `node` loads, or those that it may load. */
function loadedBy(node: AnyNode, { evaluate }: Evaluator, place: Place): Reference | TemplateReference | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration': {
      if (!node.source) return null;
      const attributes = node.attributes.length > 0 ? { start: node.source.end, end: node.end } : null;
      const specifier = String(node.source.value);
      return { kind: 'import', specifier, isStatic: true, from: place.file, range: node.source, attributes };
    }
    case 'ImportExpression': {
      const attributes = node.options ? { start: node.source.end, end: node.options.end } : null;
      return loaded('import', node.source, evaluate(node.source), place.file, attributes);
    }
    case 'CallExpression': {
      const [argument] = node.arguments;
      const callee = evaluate(node.callee as AnyNode);
      if (callee.kind !== 'require' || argument === undefined) return null;
      return loaded('require', argument, evaluate(argument as AnyNode), callee.from, null);
    }
    default:
      return null;
  }
}

function loaded(
  kind: 'import' | 'require',
  { start, end }: Range,
  value: Value,
  from: string,
  attributes: Range | null,
): Reference | TemplateReference | null {
  if (value.kind !== 'text' && value.kind !== 'url') return null;
  const range = { start, end };
  const specifier = knownText(value.pieces);
  if (specifier === null) return { kind, pieces: value.pieces, from, range };
  return { kind, specifier, isStatic: false, from, range, attributes };
}

/** Functions of `fs` and `fs/promises` whose first argument is a path that is read. */
const readers = new Set(
  (
    'access accessSync copyFile copyFileSync cp cpSync createReadStream exists existsSync lstat lstatSync open openAsBlob openSync ' +
    'opendir opendirSync readFile readFileSync readdir readdirSync readlink readlinkSync realpath realpathSync stat statSync'
  ).split(' '),
);

/** What a call does with the path that is its first argument; null when that is not known. */
function useOf(call: CallExpression | NewExpression, { evaluate }: Evaluator): 'read' | 'run' | null {
  const callee = evaluate(call.callee as AnyNode);
  if (callee.kind !== 'builtin') return null;
  const reader = /^fs\.(?:promises\.)?(\w+)$/.exec(callee.name)?.[1];
  if (reader !== undefined) return readers.has(reader) ? 'read' : null;
  return callee.name === 'child_process.fork' || callee.name === 'worker_threads.Worker' ? 'run' : null;
}

/** The path that `node` stands for, where no larger expression stands for one. */
function pathIn(node: AnyNode, parent: AnyNode | null, evaluator: Evaluator, place: Place): PathReference | null {
  const value = isExpression(node) ? evaluator.evaluate(node) : null;
  const pieces = value === null ? null : pathOf(value);
  const isCall = parent?.type === 'CallExpression' || parent?.type === 'NewExpression';
  const use = isCall && parent.arguments[0] === node ? useOf(parent, evaluator) : null;
  const { start, end } = node;
  if (pieces !== null) {
    // The larger expression has been seen, and so has its path.
    if (parent !== null && isExpression(parent) && pathOf(evaluator.evaluate(parent)) !== null) return null;
    return { use: use ?? 'any', pieces, range: { start, end }, urlLiteral: value?.kind === 'url' ? urlLiteralOf(node) : null };
  }
  if (use === null || value?.kind !== 'text' || place.workingFolder === null || value.pieces[0] === null) return null;
  const [first] = value.pieces;
  // Where a path is expected, a text is relative to the working folder; an absolute path of this machine means nothing elsewhere.
  if (first === undefined || first.text.startsWith('/')) return null;
  const joined = joinPieces([[piece(place.workingFolder)], value.pieces]);
  return joined === null ? null : { use, pieces: joined, range: { start, end }, urlLiteral: null };
}

const expressions = new Set(
  'Literal TemplateLiteral BinaryExpression Identifier MemberExpression CallExpression NewExpression'.split(' '),
);

function isExpression(node: AnyNode): boolean {
  return expressions.has(node.type);
}

function pathOf(value: Value): Pieces | null {
  return value.kind === 'url' || (value.kind === 'text' && value.isPath) ? value.pieces : null;
}

function urlLiteralOf(node: AnyNode): PathReference['urlLiteral'] {
  if (node.type !== 'NewExpression' && !(node.type === 'CallExpression' && node.callee.type === 'MemberExpression'))
    return null;
  const literal = node.arguments[0];
  if (literal?.type !== 'Literal' || typeof literal.value !== 'string') return null;
  return { specifier: literal.value, range: { start: literal.start, end: literal.end } };
}

function hasTopLevelAwait(program: Program): boolean {
  let found = false;
  walk(program, (node) => {
    if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)) found = true;
    return !found && !node.type.includes('Function') && node.type !== 'ClassBody';
  });
  return found;
}
