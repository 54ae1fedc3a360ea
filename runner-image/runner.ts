/**
 * What a container starts: `node [flags] /nisher/runner.cjs [folder for the code]`.
 *
 * The function shares its process with the runner, and may replace any built-in: `JSON`, methods of Array and Promise, ... So
 * the runner proper (session.ts) works in a realm (a vm context) of its own, which has a full set of built-ins that the
 * function's code cannot come across by accident. That costs 1 ms. It is no wall against hostile code, which the container and
 * the host's own observations are for; it makes sure that a function's polyfill or mock does not change what is reported.
 */
import { readFileSync } from 'node:fs';
import { type Context, compileFunction, createContext, runInContext } from 'node:vm';
import { captureIntrinsics, outerIntrinsics } from '../src/wire/intrinsics.js';
import { type Outer, outerKey } from './outer.js';

const { apply } = Reflect;
const now = process.hrtime.bigint;

const outer: Outer = {
  globalThis,
  importModule: (url) => import(url) as Promise<object>,
  requireModule: (path) => require(path),
  async call(target, args) {
    const started = now();
    try {
      const value = (await apply(target as () => unknown, undefined, args as unknown[])) as unknown;
      return { threw: false, value, started, ended: now() };
    } catch (value) {
      return { threw: true, value, started, ended: now() };
    }
  },
  // biome-ignore lint/suspicious/noThenProperty: this is the method itself, to be applied to promises.
  then: Promise.prototype.then,
  AbortController,
  Error,
  SyntaxError,
  directory: __dirname,
};

const shared: { [key: symbol]: unknown } = { [outerKey]: outer, [outerIntrinsics]: captureIntrinsics() };
const realm = createContext(shared as Context);
const builtins = runInContext('globalThis', realm) as { [name: string]: unknown };
const names = Object.getOwnPropertyNames(builtins).filter((name) => /^[A-Z]/.test(name) && typeof builtins[name] !== 'number');

const path = `${__dirname}/session.cjs`;
// As parameters the built-ins are local variables: looking up a global of a vm context goes through an interceptor each time.
// Strict, as modules are: the bundler says so only where the compiler's settings do.
const session = compileFunction(`'use strict'; ${readFileSync(path, 'utf8')}`, ['require', 'process', ...names], {
  filename: path,
  parsingContext: realm,
}) as (...parameters: unknown[]) => void;
session(require, process, ...names.map((name) => builtins[name]));
