import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { fromModule } from '../../src/targets/from-module.js';
import type { ModuleFunction } from '../../src/targets/target.js';
import { suite } from '../harness.js';

const { test } = suite('fromModule');

interface Module {
  default: (a: string) => number;
  train: (a: number, b: string) => Promise<boolean>;
  version: string;
  Model: new () => object;
}

test('takes a URL, a file: string and an absolute path', () => {
  const url = 'file:///work/a%20b/train.js';
  const packing = { root: null, include: [], packages: [], paths: 'absolute', packTimeInS: 30 };
  const expected = { kind: 'module', url, exportName: 'default', packing };
  assert.equal(fromModule(new URL(url)), expected);
  assert.equal(fromModule(url), expected);
  assert.equal(fromModule('/work/a b/train.js'), expected);
  assert.equal(fromModule(new URL(`${url}?v=1#x`)), expected);
  assert.is(fromModule(pathToFileURL('/a.js'), 'train').exportName, 'train');
});

test('has the type of the function', () => {
  const named: ModuleFunction<Module['train']> = fromModule<Module, 'train'>('/train.js', 'train');
  const byDefault: ModuleFunction<Module['default']> = fromModule<Module>('/train.js');
  const untyped: ModuleFunction<(...args: unknown[]) => unknown> = fromModule('/train.js', 'whatever');
  assert.equal([named.exportName, byDefault.exportName, untyped.exportName], ['train', 'default', 'whatever']);
  // @ts-expect-error no function
  fromModule<Module, 'version'>('/train.js', 'version');
  // @ts-expect-error a class
  fromModule<Module, 'Model'>('/train.js', 'Model');
  // @ts-expect-error no such export
  fromModule<Module, 'trian'>('/train.js', 'trian');
  // @ts-expect-error no default export, so the name is needed
  fromModule<Pick<Module, 'train'>>('/train.js');
});

const wrong: [unknown, RegExp][] = [
  ['./train.js', /got `\.\/train\.js` \(string\).*new URL\('\.\/file\.js', import\.meta\.url\)/],
  ['', /got `` \(string\)/],
  ['lodash', /got `lodash` \(string\)/],
  ['https://example.org/a.js', /got `https:\/\/example\.org\/a\.js` \(string\)/],
  [new URL('https://example.org/a.js'), /got `https:\/\/example\.org\/a\.js` \(URL\)/],
  ['file://elsewhere/a.js', /a file on this machine, got `file:\/\/elsewhere\/a\.js`/],
  ['file:///a%2Fb.js', /a file on this machine/],
  [undefined, /got undefined/],
  [null, /got null/],
  [7, /got `7` \(number\)/],
  [() => 1, /got `.*` \(function\)/],
];

for (const [url, message] of wrong) {
  test(`refuses ${String(url)}`, () => {
    assert.throws(
      () => fromModule(url as string),
      (error: unknown) => error instanceof TypeError && message.test(error.message),
    );
  });
}

test('refuses what is no name of an export', () => {
  assert.throws(
    () => fromModule('/a.js', '' as string),
    /Expected `exportName` to be the name of an export, got `''` \(string\)/,
  );
  assert.throws(() => fromModule('/a.js', 7 as unknown as string), /`exportName`.*got `7` \(number\)/);
});
