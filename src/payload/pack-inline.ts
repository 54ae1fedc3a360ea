import { parseExpression } from '../targets/free-variables.js';
import { METHOD_MARK } from '../targets/from-function.js';
import type { InlineFunction } from '../targets/target.js';
import { GUEST_DIRECTORY } from '../wire/guest-library.js';
import { type ArchiveEntry, makeArchive } from './archive.js';
import { makeStackMapper, type Origin } from './map-stack.js';
import type { Payload } from './payload.js';

/** It is there in ES modules alone; in a text or a comment it costs some milliseconds. */
const IMPORT_META = /import\s*\.\s*meta/;

const packed = new WeakMap<InlineFunction, Promise<Payload>>();

/** The archive of one generated module, whose default export is the function. */
export function packInline(fn: InlineFunction): Promise<Payload> {
  let payload = packed.get(fn);
  if (payload === undefined) {
    payload = makePayload(fn);
    packed.set(fn, payload);
  }
  return payload;
}

async function makePayload(fn: InlineFunction): Promise<Payload> {
  const isStrict = parseExpression(fn.source).sourceType === 'module';
  // CommonJS wherever that will do: it loads in 1 ms, where node's loader of ES modules takes 8 to come up.
  const isModule = isStrict && IMPORT_META.test(fn.source);
  const entry = isModule ? 'inline.mjs' : 'inline.cjs';
  const names = new Set(['__name', ...(fn.source.match(/\b__name\d+\b/g) ?? [])]);
  // Everything in front is one line, so that line n of the function is line n + 1 of the module, at the same column.
  const head = [
    isStrict ? `'use strict';` : '',
    isModule ? `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` : '',
    `const ${[...names].map((name) => `${name} = (f, name) => Object.defineProperty(f, 'name', { value: name, configurable: true })`).join(', ')};`,
    isModule ? 'export default' : 'module.exports =',
    '__name(',
  ].join(' ');
  const content = Buffer.from(`${head}\n${fn.source}\n, ${JSON.stringify(fn.name)});\n`);
  const entries = new Map<string, ArchiveEntry>([[entry, { kind: 'file', content, executable: false }]]);
  // `await import('nisher/guest')` inside the function finds what the image has.
  if (fn.source.includes('nisher')) entries.set('node_modules/nisher', { kind: 'symlink', target: GUEST_DIRECTORY });
  const origin: Origin = {
    path: `inline function ${fn.name}`,
    map: null,
    shifts: [],
    extraLines: fn.source.includes(METHOD_MARK) ? 2 : 1,
  };
  return {
    ...(await makeArchive(entries)),
    entry,
    exportName: 'default',
    layer: null,
    workingFolder: '',
    source: null,
    mapStack: makeStackMapper(new Map([[entry, origin]]), null),
    explainMissing: () => null,
  };
}
