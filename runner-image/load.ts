import { pathToFileURL } from 'node:url';
import { outer } from './outer.js';
import { type Settled, settled } from './settled.js';

export type Loaded =
  | { kind: 'function'; target: object }
  | { kind: 'missing'; exports: string[]; foundType: string }
  | { kind: 'threw'; error: unknown };

type Exports = { readonly [name: string]: unknown };

/** Node names a CommonJS module's own exports so, and adds its transpiler's marker: neither is an export of the user's. */
const notExports: readonly string[] = ['module.exports', '__esModule'];

function asExports(value: unknown): Exports | undefined {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' ? (value as Exports) : undefined;
}

/**
 * The export of that name. CommonJS gives its `module.exports` as default; a name that node's scan for its exports misses is
 * there, and so is the default of what was an ES module before a compiler made it CommonJS.
 */
function find(namespace: Exports, name: string): unknown {
  const whole = asExports(namespace.default);
  if (name === 'default') {
    return typeof whole === 'object' && whole.__esModule === true ? whole.default : namespace.default;
  }
  if (Object.hasOwn(namespace, name)) return namespace[name];
  // Its own: every object inherits a `toString`, which the module does not export.
  return whole !== undefined && Object.hasOwn(whole, name) ? whole[name] : undefined;
}

function exportsOf(namespace: Exports): string[] {
  const names = Object.keys(namespace);
  const whole = asExports(namespace.default);
  const all = typeof whole === 'object' ? new Set([...names, ...Object.keys(whole)]) : names;
  return [...all].filter((name) => !notExports.includes(name));
}

/** The module's namespace, or what stands for it, from the function's realm. Never rejects. */
async function importModule(path: string): Promise<Settled> {
  if (!path.endsWith('.cjs')) return settled(outer.importModule(pathToFileURL(path).href));
  // Past node's loader of ES modules, which takes 8 ms to come up, to the same end: `find` looks into what CommonJS exports.
  try {
    return { threw: false, value: { default: outer.requireModule(path) } };
  } catch (value) {
    return { threw: true, value };
  }
}

/** Imports the module into the function's realm and finds the function. Never rejects. */
export async function load(path: string, exportName: string): Promise<Loaded> {
  const imported = await importModule(path);
  if (imported.threw) return { kind: 'threw', error: imported.value };
  try {
    const namespace = imported.value as Exports;
    const target = find(namespace, exportName);
    if (typeof target === 'function') return { kind: 'function', target };
    return { kind: 'missing', exports: exportsOf(namespace), foundType: target === null ? 'null' : typeof target };
  } catch (error) {
    return { kind: 'threw', error }; // An export that throws when read.
  }
}
