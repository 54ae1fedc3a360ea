import { isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import type { AnyNode, CallExpression, Identifier, MemberExpression, NewExpression, TemplateLiteral } from 'acorn';
import type { Variable } from 'eslint-scope';
import { absoluteUrl, relativeUrl } from './file-url.js';
import { concatenate, joinPieces, knownText, type Pieces, piece, withoutNodes } from './pattern.js';

/**
 * What an expression stands for, as far as its text tells. Nothing of the code is run, and nothing of the host decides it but the
 * module's own place and the working folder.
 */
export type Value =
  /** `isPath`: it begins with the module's folder or the working folder, so that it names a file. */
  | { readonly kind: 'text'; readonly pieces: Pieces; readonly isPath: boolean }
  /** A `file:` URL, by its path. */
  | { readonly kind: 'url'; readonly pieces: Pieces }
  /** A module of Node's or a global, or a part of one: `path.join`, `process.cwd`. */
  | { readonly kind: 'builtin'; readonly name: string }
  /** A `require` that looks from that file. */
  | { readonly kind: 'require'; readonly from: string }
  | { readonly kind: 'unknown' };

export interface Place {
  /** Absolute path of the module. */
  readonly file: string;
  /** The working folder of the program; null where it is outside of the root. */
  readonly workingFolder: string | null;
}

export interface Evaluator {
  evaluate(node: AnyNode | null | undefined): Value;
}

const UNKNOWN: Value = { kind: 'unknown' };
/** Constants of constants, and expressions in expressions. */
const MAX_DEPTH = 200;
/** What compilers wrap around an imported module. */
const interopHelpers: readonly string[] = ['__toESM', '__importStar', '__importDefault', '_interopRequireDefault'];
const globals: readonly string[] = ['process', 'URL'];

/** @param variables The variable that each identifier refers to; absent or null for a global. */
export function makeEvaluator(place: Place, variables: ReadonlyMap<unknown, Variable | null>): Evaluator {
  const known = new Map<AnyNode, Value>();
  let depth = 0;

  function evaluate(node: AnyNode | null | undefined): Value {
    if (node === null || node === undefined) return UNKNOWN;
    const before = known.get(node);
    if (before !== undefined) return before;
    if (depth >= MAX_DEPTH) return UNKNOWN;
    // A constant that refers to itself is not known.
    known.set(node, UNKNOWN);
    depth++;
    const value = evaluateNode(node);
    depth--;
    known.set(node, value);
    return value;
  }

  function evaluateNode(node: AnyNode): Value {
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'string' ? text([piece(node.value, node)]) : UNKNOWN;
      case 'TemplateLiteral':
        return template(node);
      case 'BinaryExpression':
        return node.operator === '+' ? sum(evaluate(node.left), evaluate(node.right)) : UNKNOWN;
      case 'Identifier':
        return identifier(node);
      case 'MetaProperty':
        return node.meta.name === 'import' ? builtin('import.meta') : UNKNOWN;
      case 'MemberExpression':
        return member(evaluate(node.object as AnyNode), nameOf(node));
      case 'CallExpression':
        return call(node);
      case 'NewExpression':
        return construct(node);
      case 'ImportExpression':
        return moduleOfNode(evaluate(node.source));
      case 'SequenceExpression':
        // `(0, module.f)(x)`, as compilers write a call of what was imported.
        return evaluate(node.expressions.at(-1));
      case 'AwaitExpression':
        return evaluate(node.argument);
      default:
        return UNKNOWN;
    }
  }

  function template({ quasis, expressions }: TemplateLiteral): Value {
    let result: Value = text([]);
    for (const [index, quasi] of quasis.entries()) {
      result = sum(result, text([piece(quasi.value.cooked ?? '', quasi)]));
      if (index < expressions.length) result = sum(result, evaluate(expressions[index]));
    }
    return result;
  }

  function identifier(node: Identifier): Value {
    const variable = variables.get(node);
    if (variable !== null && variable !== undefined) return constant(variable);
    if (node.name === '__dirname') return text([piece(dirname(place.file))], true);
    if (node.name === '__filename') return text([piece(place.file)], true);
    if (node.name === 'require') return { kind: 'require', from: place.file };
    return globals.includes(node.name) ? builtin(node.name) : UNKNOWN;
  }

  /** What a variable was declared with, if nothing is ever assigned to it. */
  function constant(variable: Variable): Value {
    const [definition, ...others] = variable.defs;
    if (definition === undefined || others.length > 0) return UNKNOWN;
    if (definition.type === 'ImportBinding') return imported(definition.node as AnyNode, definition.parent as AnyNode);
    const declarator = definition.node as AnyNode;
    if (definition.type !== 'Variable' || declarator.type !== 'VariableDeclarator') return UNKNOWN;
    if (variable.references.some((reference) => reference.isWrite() && !reference.init)) return UNKNOWN;
    const value = evaluate(declarator.init);
    if (declarator.id.type === 'Identifier') return isolated(value);
    if (declarator.id.type !== 'ObjectPattern') return UNKNOWN;
    for (const property of declarator.id.properties) {
      if (property.type !== 'Property' || property.computed || property.value !== definition.name) continue;
      return property.key.type === 'Identifier' ? isolated(member(value, property.key.name)) : UNKNOWN;
    }
    return UNKNOWN;
  }

  function imported(specifier: AnyNode, declaration: AnyNode): Value {
    if (declaration.type !== 'ImportDeclaration') return UNKNOWN;
    const module = moduleOfNode(text([piece(String(declaration.source.value))]));
    if (specifier.type !== 'ImportSpecifier') return module;
    return specifier.imported.type === 'Identifier' ? member(module, specifier.imported.name) : UNKNOWN;
  }

  function member(object: Value, name: string | null): Value {
    if (name === null) return UNKNOWN;
    if (object.kind === 'url') {
      if (name === 'pathname') return text(object.pieces, true);
      return name === 'href' ? object : UNKNOWN;
    }
    if (object.kind === 'require') return name === 'resolve' ? object : UNKNOWN;
    if (object.kind !== 'builtin') return UNKNOWN;
    if (object.name === 'import.meta') return metaProperty(name);
    // A module's default export is the module itself; path.posix is path, here.
    if (name === 'default' || name === 'posix') return object;
    return builtin(`${object.name}.${name}`);
  }

  function metaProperty(name: string): Value {
    if (name === 'url') return { kind: 'url', pieces: [piece(place.file)] };
    if (name === 'filename') return text([piece(place.file)], true);
    if (name === 'dirname') return text([piece(dirname(place.file))], true);
    return builtin(`import.meta.${name}`);
  }

  function call(node: CallExpression): Value {
    const callee = node.callee as AnyNode;
    if (callee.type === 'Identifier' && interopHelpers.includes(callee.name)) return evaluate(node.arguments[0] as AnyNode);
    const called = evaluate(callee);
    const args = node.arguments.map((each) => evaluate(each as AnyNode));
    if (called.kind === 'require' && callee.type !== 'MemberExpression') return moduleOfNode(args[0]);
    if (called.kind === 'url' && callee.type === 'MemberExpression') return UNKNOWN;
    if (called.kind !== 'builtin') return UNKNOWN;
    const [first] = args;
    switch (called.name) {
      case 'path.join':
        return joined(args, args[0]);
      case 'path.resolve':
        return resolved(args);
      case 'path.normalize':
        return joined(args.slice(0, 1), first);
      case 'path.dirname':
        return folderOf(first);
      case 'process.cwd':
        return place.workingFolder === null ? UNKNOWN : text([piece(place.workingFolder)], true);
      case 'process.getBuiltinModule':
        return moduleOfNode(first);
      case 'url.fileURLToPath':
        return first?.kind === 'url' ? text(first.pieces, true) : UNKNOWN;
      case 'url.pathToFileURL':
        return first?.kind === 'text' && first.isPath ? { kind: 'url', pieces: first.pieces } : UNKNOWN;
      case 'module.createRequire':
        return requireFrom(first);
      case 'import.meta.resolve':
        return first?.kind === 'text' && /^\.{1,2}\//.test(first.pieces[0]?.text ?? '')
          ? url(relativeUrl(first.pieces, place.file))
          : UNKNOWN;
      default:
        return UNKNOWN;
    }
  }

  function construct(node: NewExpression): Value {
    const callee = evaluate(node.callee as AnyNode);
    if (callee.kind !== 'builtin' || (callee.name !== 'URL' && callee.name !== 'url.URL')) return UNKNOWN;
    const [specifier, base] = node.arguments.map((each) => evaluate(each as AnyNode));
    if (specifier?.kind === 'url') return specifier;
    if (specifier?.kind !== 'text') return UNKNOWN;
    if (base === undefined || base.kind === 'unknown') return url(absoluteUrl(specifier.pieces));
    const from = base.kind === 'url' ? knownText(base.pieces) : null;
    return from === null ? UNKNOWN : url(relativeUrl(specifier.pieces, from));
  }

  function joined(args: readonly Value[], first: Value | undefined): Value {
    const pieces = joinPieces(args.map(piecesOf));
    return pieces === null ? UNKNOWN : text(pieces, first?.kind === 'text' && first.isPath);
  }

  function resolved(args: readonly Value[]): Value {
    const start = args.findLastIndex((each) => each.kind === 'text' && each.pieces[0]?.text.startsWith('/'));
    if (start !== -1) return withoutLastSlash(joined(args.slice(start), args[start]));
    if (place.workingFolder === null) return UNKNOWN;
    const folder = text([piece(place.workingFolder)], true);
    return withoutLastSlash(joined([folder, ...args], folder));
  }

  function folderOf(value: Value | undefined): Value {
    const known = value?.kind === 'text' ? knownText(value.pieces) : null;
    return known === null || value?.kind !== 'text' ? UNKNOWN : text([piece(dirname(known))], value.isPath);
  }

  function requireFrom(value: Value | undefined): Value {
    const from = value?.kind === 'url' || (value?.kind === 'text' && value.isPath) ? knownText(value.pieces) : null;
    if (from === null) return UNKNOWN;
    return { kind: 'require', from: from.endsWith('/') ? `${from}noop.js` : from };
  }

  return { evaluate };
}

function text(pieces: Pieces, isPath = false): Value {
  return { kind: 'text', pieces: withoutEmpty(pieces), isPath };
}

function url(pieces: Pieces | null): Value {
  return pieces === null ? UNKNOWN : { kind: 'url', pieces: withoutEmpty(pieces) };
}

/** The first part then tells whether the path is absolute. */
function withoutEmpty(pieces: Pieces): Pieces {
  return pieces.filter((each) => each?.text !== '');
}

function builtin(name: string): Value {
  return { kind: 'builtin', name };
}

/** path.resolve takes the last slash away; path.join keeps it. */
function withoutLastSlash(value: Value): Value {
  const last = value.kind === 'text' ? value.pieces.at(-1) : null;
  if (value.kind !== 'text' || !last?.text.endsWith('/') || knownText(value.pieces) === '/') return value;
  return text([...value.pieces.slice(0, -1), piece(last.text.slice(0, -1))], value.isPath);
}

function piecesOf(value: Value): Pieces {
  return value.kind === 'text' ? value.pieces : [null];
}

function sum(left: Value, right: Value): Value {
  // A sum of two things that are not texts may be a number.
  if (left.kind !== 'text' && right.kind !== 'text') return UNKNOWN;
  const pieces = concatenate(piecesOf(left), piecesOf(right));
  const first = piecesOf(left).length === 0 ? right : left;
  return pieces === null ? UNKNOWN : text(pieces, first.kind === 'text' && first.isPath);
}

/** What a constant stands for is used in several places: its literals are not changed. */
function isolated(value: Value): Value {
  return value.kind === 'text' || value.kind === 'url' ? { ...value, pieces: withoutNodes(value.pieces) } : value;
}

function moduleOfNode(specifier: Value | undefined): Value {
  const name = specifier?.kind === 'text' ? knownText(specifier.pieces) : null;
  if (name === null || !isBuiltin(name)) return UNKNOWN;
  const plain = name.replace(/^node:/, '');
  return builtin(plain === 'path/posix' ? 'path' : plain.replace('/', '.'));
}

function nameOf(node: MemberExpression): string | null {
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : null;
  return node.property.type === 'Literal' && typeof node.property.value === 'string' ? node.property.value : null;
}
