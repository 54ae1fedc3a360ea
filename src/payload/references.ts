import type { AnyNode, CallExpression, NewExpression, Program } from 'acorn';
import { literalText, walk } from './ast.js';
import { exportsOf, type ModuleExports } from './module-exports.js';

/**
 * How code names another file. `url`: `new URL('./x', import.meta.url)` or `import.meta.resolve('./x')`; `data`: such a URL
 * that is read, not run.
 */
export type ReferenceKind = 'import' | 'require' | 'url' | 'data';

export interface Reference {
  readonly kind: ReferenceKind;
  readonly specifier: string;
  /** Range of the literal, quotes included. */
  readonly start: number;
  readonly end: number;
  /** Range that holds the import attributes, or the second argument of `import()`. */
  readonly attributes: { readonly start: number; readonly end: number } | null;
}

/** `import(`./plugins/${name}.js`)`: the texts around the expressions, and the range of the last text. */
export interface PatternReference {
  readonly texts: readonly string[];
  readonly tail: { readonly start: number; readonly end: number };
}

export interface ModuleShape extends ModuleExports {
  readonly references: readonly Reference[];
  readonly patterns: readonly PatternReference[];
  /** It can only run as an ES module, exports aside: `import.meta` or top-level await. */
  readonly needsEsm: boolean;
  /** It uses `__dirname`, `__filename`, `module` or `exports` without declaring them. */
  readonly needsCommonJs: boolean;
}

/** Reads what a module refers to and exports; null when it is not standard JavaScript (JSX, decorators). */
export async function readShape(code: string, sourceType: 'module' | 'script'): Promise<ModuleShape | null> {
  const { parse } = await import('acorn');
  let program: Program;
  try {
    const options = { allowHashBang: true, allowReturnOutsideFunction: sourceType === 'script' };
    // 2025: what Node 20.19 runs as it is.
    program = parse(code, { ...options, ecmaVersion: 2025, sourceType });
  } catch {
    return null;
  }
  return describeProgram(program);
}

function describeProgram(program: Program): ModuleShape {
  const references: Reference[] = [];
  const patterns: PatternReference[] = [];
  const declared = new Set<string>();
  const used = new Set<string>();
  let needsEsm = false;
  walk(program, (node, parent) => {
    if (node.type === 'Identifier') {
      const role = roleOf(node, parent);
      if (role !== 'name') (role === 'declared' ? declared : used).add(node.name);
    }
    if (node.type === 'MetaProperty' && node.meta.name === 'import') needsEsm = true;
    const reference = referenceOf(node, parent);
    if (reference !== undefined) references.push(reference);
    const pattern = patternOf(node);
    if (pattern !== undefined) patterns.push(pattern);
    return undefined;
  });
  needsEsm ||= hasTopLevelAwait(program);
  const needsCommonJs = ['__dirname', '__filename', 'module', 'exports'].some((name) => used.has(name) && !declared.has(name));
  return { references, patterns, ...exportsOf(program), needsEsm, needsCommonJs };
}

function referenceOf(node: AnyNode, parent: AnyNode | null): Reference | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration': {
      if (!node.source) return undefined;
      const hasAttributes = node.attributes.length > 0;
      return make('import', node.source, hasAttributes ? { start: node.source.end, end: node.end } : null);
    }
    case 'ImportExpression':
      return make('import', node.source, node.options ? { start: node.source.end, end: node.options.end } : null);
    case 'CallExpression':
      return referenceOfCall(node);
    case 'NewExpression':
      return isModuleUrl(node) ? make(isReadAsText(parent) ? 'data' : 'url', node.arguments[0], null) : undefined;
    default:
      return undefined;
  }
}

function referenceOfCall(node: CallExpression): Reference | undefined {
  const { callee } = node;
  if (isNamed(callee, 'require')) return make('require', node.arguments[0], null);
  // createRequire(import.meta.url)('./x')
  if (callee.type === 'CallExpression' && isNamed(callee.callee, 'createRequire'))
    return make('require', node.arguments[0], null);
  if (callee.type !== 'MemberExpression' || !isNamed(callee.property, 'resolve')) {
    return undefined;
  }
  if (isNamed(callee.object, 'require')) return make('require', node.arguments[0], null);
  const isRelative = literalText(node.arguments[0])?.startsWith('.');
  return callee.object.type === 'MetaProperty' && isRelative ? make('url', node.arguments[0], null) : undefined;
}

function isNamed(node: AnyNode, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}

function make(kind: ReferenceKind, literal: AnyNode | undefined, attributes: Reference['attributes']): Reference | undefined {
  const specifier = literalText(literal);
  if (literal === undefined || specifier === undefined) return undefined;
  return { kind, specifier, start: literal.start, end: literal.end, attributes };
}

function patternOf(node: AnyNode): PatternReference | undefined {
  const isRequire = node.type === 'CallExpression' && isNamed(node.callee, 'require');
  if (node.type !== 'ImportExpression' && !isRequire) return undefined;
  const template = node.type === 'ImportExpression' ? node.source : (node as CallExpression).arguments[0];
  if (template?.type !== 'TemplateLiteral' || template.expressions.length === 0) return undefined;
  const texts = template.quasis.map((quasi) => quasi.value.cooked ?? '');
  const last = template.quasis.at(-1);
  if (last === undefined || !/^\.{1,2}\//.test(texts[0] ?? '')) return undefined;
  return { texts, tail: { start: last.start, end: last.end } };
}

/** `new URL('./x', import.meta.url)` */
function isModuleUrl(node: NewExpression): boolean {
  const base = node.arguments[1];
  return (
    isNamed(node.callee, 'URL') &&
    base?.type === 'MemberExpression' &&
    base.object.type === 'MetaProperty' &&
    isNamed(base.property, 'url')
  );
}

/** `readFile(new URL('./template.ts', import.meta.url))` wants the source itself, `new Worker(...)` what runs. */
function isReadAsText(parent: AnyNode | null): boolean {
  if (parent?.type !== 'CallExpression') return false;
  const { callee } = parent;
  const name = callee.type === 'MemberExpression' ? callee.property : callee;
  return name.type === 'Identifier' && /^(?:read|createReadStream|open|stat|lstat|access|exists)/.test(name.name);
}

/** What an identifier is at this place: declared, read or written, or no variable at all. */
function roleOf(node: AnyNode, parent: AnyNode | null): 'declared' | 'used' | 'name' {
  if (parent === null) return 'used';
  if (parent.type === 'VariableDeclarator' || parent.type === 'FunctionDeclaration') {
    return parent.id === node ? 'declared' : 'used';
  }
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed ? 'name' : 'used';
  if (parent.type === 'Property') return parent.key === node && !parent.computed ? 'name' : 'used';
  return parent.type.startsWith('Import') && parent.type.endsWith('Specifier') ? 'declared' : 'used';
}

function hasTopLevelAwait(program: Program): boolean {
  let found = false;
  walk(program, (node) => {
    if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)) found = true;
    return !found && !node.type.includes('Function') && node.type !== 'ClassBody';
  });
  return found;
}
