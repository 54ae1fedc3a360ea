import { fileURLToPath } from 'node:url';

/** A program of the image: bundled with everything it imports into one file. */
export interface GuestProgram {
  /** Absolute path of the source file; TypeScript in a checkout, JavaScript in an installed package. */
  readonly entryPoint: string;
  /** Where it goes, relative to the image's root. */
  readonly target: string;
  /** esbuild's `format`. */
  readonly format: 'cjs' | 'esm';
}

// Started as .ts by tsx or as compiled .js: the programs have the extension that this file has.
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

function program(source: string, target: string, format: GuestProgram['format']): GuestProgram {
  return { entryPoint: fileURLToPath(new URL(`./${source}.${extension}`, import.meta.url)), target, format };
}

/** What the image builder bundles (`platform: 'node'`, nothing external but node's own modules). */
export const guestPrograms: readonly GuestProgram[] = [
  // CommonJS: node starts it without the asynchronous ES module loader.
  program('runner', 'nisher/runner.cjs', 'cjs'),
  // Read by the runner from its own folder, and run in a realm of its own.
  program('session', 'nisher/session.cjs', 'cjs'),
  // Read when there is source text to be compiled.
  program('source/index', 'nisher/source.cjs', 'cjs'),
  program('source/syntax-error', 'nisher/syntax-error.cjs', 'cjs'),
  program('guest/index', 'nisher/guest/index.mjs', 'esm'),
  program('guest/limit-signal', 'nisher/guest/limit-signal.mjs', 'esm'),
];

/**
 * package.json of the guest's `nisher`, whose folder is `nisher/guest`. `require` reaches the same files: Node ≥ 20.19 can
 * require ES modules.
 */
export const guestPackageJson = {
  target: 'nisher/guest/package.json',
  text: `${JSON.stringify(
    {
      name: 'nisher',
      type: 'module',
      exports: { '.': './index.mjs', './guest': './limit-signal.mjs', './package.json': './package.json' },
    },
    null,
    2,
  )}\n`,
} as const;
