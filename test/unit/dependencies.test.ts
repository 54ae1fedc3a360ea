import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../harness.js';
import { broughtBy, type LockedPackages, packageNameOf } from '../support/locked-packages.js';

/** What a user's `npm install nisher` brings is code that is trusted: it grows only when somebody has looked, and says so here. */
const { test } = suite('dependencies');

const root = new URL('../../', import.meta.url);
const json = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
const manifest = json('package.json') as { dependencies: Record<string, string>; devDependencies: Record<string, string> };
const lock = json('package-lock.json') as { lockfileVersion: number; packages: LockedPackages };
const locked = Object.entries(lock.packages).filter(([folder]) => folder !== '');

/** Each dependency: why it is one, and what it brings with it. */
const runtimeTree: Readonly<Record<string, { why: string; brings: string }>> = {
  '@types/dockerode': {
    why: 'types of dockerode: its own API has none, and what is published here refers to them',
    brings: '@types/docker-modem @types/node @types/ssh2 undici-types',
  },
  acorn: {
    why: 'parses your own sources and inline functions, to find what they import and which variables are not theirs',
    brings: '',
  },
  devalue: {
    why: 'encodes values without eval on the way back',
    brings: '',
  },
  dockerode: {
    why: "Docker's API: attached streams, TLS, image builds",
    brings:
      '@balena/dockerignore @grpc/grpc-js @grpc/proto-loader @js-sdsl/ordered-map @protobufjs/aspromise @protobufjs/base64 @protobufjs/codegen @protobufjs/eventemitter @protobufjs/fetch @protobufjs/float @protobufjs/path @protobufjs/pool @protobufjs/utf8 @types/node ansi-regex ansi-styles asn1 base64-js bcrypt-pbkdf bl buffer buildcheck chownr cliui color-convert color-name cpu-features debug docker-modem emoji-regex end-of-stream escalade fs-constants get-caller-file ieee754 inherits is-fullwidth-code-point lodash.camelcase long mkdirp-classic ms nan once protobufjs pump readable-stream require-directory safe-buffer safer-buffer split-ca ssh2 string-width string_decoder strip-ansi tar-fs tar-stream tweetnacl undici-types util-deprecate wrap-ansi wrappy y18n yargs yargs-parser',
  },
  'es-module-lexer': {
    why: 'finds the imports of source text, in the container: bundled into the runner',
    brings: '',
  },
  esbuild: {
    why: 'compiles TypeScript, one file for one: your own on this machine, source text in the container',
    brings: '@esbuild/*',
  },
  'eslint-scope': {
    why: 'tells free variables from bound ones',
    brings: '@types/esrecurse @types/estree esrecurse estraverse',
  },
  'fastest-levenshtein': {
    why: '"did you mean"',
    brings: '',
  },
  'resolve.exports': {
    why: 'reads `exports` and `imports` of package.json as Node does',
    brings: '',
  },
  'tar-stream': {
    why: 'code and image contexts travel as tar archives',
    brings:
      'b4a bare-buffer bare-events bare-fs bare-path bare-stream bare-url events-universal fast-fifo streamx teex text-decoder',
  },
  yargs: {
    why: 'the command line',
    brings:
      'ansi-regex ansi-styles cliui emoji-regex escalade get-caller-file get-east-asian-width string-width strip-ansi wrap-ansi y18n yargs-parser',
  },
};

/** Packages with a script that npm would run, and why nothing is lost without: package.test.ts installs with --ignore-scripts. */
const scriptsNotNeeded: Readonly<Record<string, string>> = {
  'cpu-features': 'an optional addon of ssh2, which is loaded and never used: nisher talks ssh through the ssh command',
  esbuild: 'puts the binary in place of a launcher in JavaScript, which does as well; nisher uses its API',
  protobufjs: 'prints a warning about version schemes',
  ssh2: 'builds an optional addon for ciphers, without which it loads as well',
};

const forOnePlatform = (name: string) => name.replace(/^@esbuild\/.*/, '@esbuild/*');

test('each dependency is one for a reason, and brings what it brought when that was looked at', () => {
  assert.equal(Object.keys(manifest.dependencies).sort(), Object.keys(runtimeTree).sort());
  for (const [name, { brings }] of Object.entries(runtimeTree)) {
    const now = [...new Set(broughtBy(name, lock.packages).map(forOnePlatform))];
    assert.equal(now, brings.split(' ').filter(Boolean), `what ${name} brings`);
  }
});

test('no other package is installed with nisher', () => {
  const known = new Set(Object.entries(runtimeTree).flatMap(([name, { brings }]) => [name, ...brings.split(' ')]));
  const runtime = locked.filter(([, { dev }]) => dev !== true).map(([folder]) => forOnePlatform(packageNameOf(folder)));
  assert.equal(
    [...new Set(runtime)].filter((name) => !known.has(name)),
    [],
  );
});

test('no package needs its install script, the tools of development included', () => {
  const withScript = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([folder]) => packageNameOf(folder));
  assert.equal([...new Set(withScript)].sort(), Object.keys(scriptsNotNeeded).sort());
});

test('the lock file is of the manifest, and pins each package by its content', () => {
  const { dependencies, devDependencies } = manifest;
  const { '': project } = lock.packages as Readonly<Record<string, object>>;
  assert.is(lock.lockfileVersion, 3);
  assert.equal(
    Object.fromEntries(['dependencies', 'devDependencies'].map((kind) => [kind, (project as Record<string, unknown>)[kind]])),
    { dependencies, devDependencies },
  );
  assert.equal(
    locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([folder]) => folder),
    [],
  );
});
