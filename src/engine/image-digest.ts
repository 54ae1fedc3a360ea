import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** This file is src/engine/image-digest.ts in a checkout, and dist/src/engine/image-digest.js in a package. */
const codeRoot = fileURLToPath(new URL('../../', import.meta.url));

/** What the guest's programs are made of, relative to the root of the code; a test compares it with what esbuild bundles. */
const SOURCES = ['runner-image', 'src/wire', 'src/exceptions', 'src/untrusted'];
/** Packages that are bundled into them, or that write the image. */
const PACKAGES = ['acorn', 'devalue', 'es-module-lexer', 'esbuild', 'tar-stream'];

/** The text of Dockerfile.runner. */
export function dockerfile(): string {
  const inCheckout = path.join(codeRoot, 'Dockerfile.runner');
  return readFileSync(existsSync(inCheckout) ? inCheckout : path.join(codeRoot, '..', 'Dockerfile.runner'), 'utf8');
}

/** Digest of the runner and of how its image is made. */
export function runnerDigest(): string {
  cached ??= computeRunnerDigest();
  return cached;
}

let cached: string | undefined;

/** Digest of a whole image: its tag. */
export function imageDigest(base: string, nodeIdentity: string): string {
  return shortHash(['nisher image', runnerDigest(), base, nodeIdentity]);
}

/** Absolute paths of {@link SOURCES}, in order. */
export function runnerSources(): string[] {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return SOURCES.flatMap((source) => {
    const file = path.join(codeRoot, `${source}${extension}`);
    return existsSync(file) ? [file] : filesBelow(path.join(codeRoot, source), extension);
  });
}

function computeRunnerDigest(): string {
  const parts = [dockerfile()];
  for (const file of runnerSources()) parts.push(path.relative(codeRoot, file), readFileSync(file, 'utf8'));
  for (const name of PACKAGES) parts.push(name, packageVersion(name));
  return shortHash(parts);
}

function filesBelow(folder: string, extension: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension) && !file.endsWith('.d.ts'))
    .sort()
    .map((file) => path.join(folder, file));
}

function packageVersion(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(`${path.sep}node_modules${path.sep}`));
  const { version } = JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

export function shortHash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
