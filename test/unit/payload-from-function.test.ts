import { runInThisContext } from 'node:vm';
import * as assert from 'uvu/assert';
import { openPacking } from '../../src/payload/pack.js';
import { fromFunction, selfContainedSource } from '../../src/targets/from-function.js';
import type { InlineFunction } from '../../src/targets/target.js';
import { list, run } from '../fixtures/payload/project.js';
import { suite } from '../harness.js';
import fc from '../support/fast-check.js';

const { test } = suite('fromFunction');

const packed = (fn: InlineFunction) => openPacking(fn).current();

const outside = { data: 1 };
const key = 'computed';
class Base {
  twice(x: number): number {
    return x * 2;
  }
}
class Derived extends Base {
  #secret = 3;
  static triple(x: number): number {
    return x * 3;
  }
  override twice(x: number): number {
    return super.twice(x);
  }
  private_(): number {
    return this.#secret;
  }
  field = () => this.#secret;
}

type AnyFunction = (...args: never[]) => unknown;

/** Made from text, so that no compiler has been at it. */
function written(text: string): AnyFunction {
  return runInThisContext(`(${text})`) as AnyFunction;
}

function method(text: string): AnyFunction {
  const object = written(`{ ${text} }`) as unknown as Record<string | symbol, AnyFunction>;
  return object[Reflect.ownKeys(object)[0] as string] as AnyFunction;
}

const carried: [string, AnyFunction, unknown[], unknown][] = [
  ['arrow', (x: number) => x + 1, [1], 2],
  ['arrow with a body', written('async x => { return x + 1 }'), [1], 2],
  ['arrow of an object', written('() => ({ a: 1 })'), [], { a: 1 }],
  ['function', written('function named(x) { return x + 1 }'), [1], 2],
  ['async function', written('async function named(x) { return await x + 1 }'), [1], 2],
  ['recursive function', written('function fac(n) { return n < 2 ? 1 : n * fac(n - 1) }'), [5], 120],
  ['method', method('named(x) { return x + 1 }'), [1], 2],
  ['async method', method('async named(x) { return x + 1 }'), [1], 2],
  ['method that is called like a keyword', method('delete(x) { return x + 1 }'), [1], 2],
  ['method that is called like a global', method('parseInt(x) { return parseInt(x) + 1 }'), ['1'], 2],
  ['method with a quoted name', method('"a b"(x) { return x + 1 }'), [1], 2],
  [
    'method with a computed name',
    {
      [`${key}!`](x: number) {
        return x + 1;
      },
    }['computed!'] as AnyFunction,
    [1],
    2,
  ],
  ['method with a name computed from a symbol', method('[Symbol.iterator](x) { return x + 1 }'), [1], 2],
  ['method with a name over several lines', method('[\n`a`\n](x) {\n return x + 1 }'), [1], 2],
  ['static method', Derived.triple, [2], 6],
  ['getter', Object.getOwnPropertyDescriptor(written('{ get one() { return 1 } }'), 'one')?.get as AnyFunction, [], 1],
  ['default parameters', written('(a, { b = a + 1, ...c } = {}, [d = b] = []) => [a, b, c, d]'), [1], [1, 2, {}, 2]],
  ['arguments', written('function () { return arguments.length }'), [1, 2], 2],
  [
    'globals of Node',
    written('() => [typeof Buffer, typeof fetch, typeof URL, typeof structuredClone]'),
    [],
    Array(4).fill('function'),
  ],
  ['require', written('() => require("node:path").posix.join("a", "b")'), [], 'a/b'],
  ['dynamic import', written('async () => (await import("node:path")).posix.join("a", "b")'), [], 'a/b'],
  [
    'a class inside',
    written('() => { class A { #x = 1; get x() { return super.toString && this.#x } } return new A().x }'),
    [],
    1,
  ],
  ['sloppy code', written('function (o) { var await = 010; return await + o }'), [1], 9],
  ['a comment that looks like native code', written('function () { /* { [native code] } */ return 1 }'), [], 1],
  [
    'names kept by esbuild',
    written('() => { const f = __name(() => 1, "g"), h = __name2(() => 1, "i"); return f.name + h.name }'),
    [],
    'gi',
  ],
];

for (const [title, fn, args, expected] of carried) {
  test(`carries: ${title}`, async () => {
    const ran = await run(await packed(fromFunction(fn)), ...args);
    assert.equal(ran.value, expected, ran.stack);
    assert.is(ran.stderr, '');
  });
}

const refused: [string, () => unknown, RegExp][] = [
  ['a free variable', () => outside.data, /`outside` from outside of itself.*fromModule\(new URL\('\.\/file\.js'/],
  ['every free variable', () => [outside, key, Base], /variables `Base`, `key`, `outside`/],
  ['a free variable in a default parameter', written('(a = other) => a'), /variable `other`/],
  ['a free variable that is assigned', written('() => { counter = 1 }'), /variable `counter`/],
  ['a free variable under typeof', written('() => typeof other'), /variable `other`/],
  ['a variable of a deeper function', written('() => () => other'), /variable `other`/],
  ['what a test runner put into globalThis', written('() => UVU_QUEUE'), /variable `UVU_QUEUE`/],
  ['a bound function', function (this: unknown) {}.bind(null), /`bound ?` is bound/],
  ['a native function', Math.max, /`max` is native/],
  ['a proxy', new Proxy(() => 1, {}), /is native \(or a Proxy\)/],
  ['a class', Base as unknown as AnyFunction, /`Base` is a class/],
  ['a generator', written('function* gen() { yield 1 }'), /`gen` is a generator/],
  ['a generator method', method('*gen() { yield 1 }'), /`gen` is a generator/],
  ['an async generator', written('async function* gen() { yield 1 }'), /`gen` is a generator/],
  ['super', Derived.prototype.twice, /`twice` uses `super`/],
  ['private names', Derived.prototype.private_, /`private_` uses private names/],
  ['private names in a field', new Derived().field, /`this` around it|private names/],
  ['this in an arrow function', written('() => this.x'), /the `this` around it/],
  ['arguments of around an arrow function', written('(function () { return () => arguments[0] })(1)'), /variable `arguments`/],
  ['import.meta', () => import.meta.url, /`import\.meta`/],
  ['a package', written('async () => import("lodash")'), /imports `lodash`/],
  ['a package by require', written('() => require("./data.json")'), /imports `\.\/data\.json`/],
  ['a helper of a compiler', written('() => __async(function () {})'), /compiler or coverage tool.*helper `__async`/],
  ['a helper of Babel', written('function f() { return _f.apply(this, _asyncToGenerator) }'), /helper `_asyncToGenerator`/],
  ['coverage counters', written('() => { cov_1abc().s[0]++ }'), /helper `cov_1abc`/],
];

for (const [title, fn, message] of refused) {
  test(`refuses: ${title}`, () => {
    assert.throws(
      () => fromFunction(fn as AnyFunction),
      (error: unknown) => error instanceof TypeError && message.test(error.message),
    );
  });
}

test('refuses what is no function', () => {
  assert.throws(() => fromFunction('f' as unknown as AnyFunction), /Expected a function, got `f` \(string\)/);
});

test('what a function imports from nisher/guest is found in the image', async () => {
  const names = await list(await packed(fromFunction(written('async () => (await import("nisher/guest")).limitSignal'))));
  assert.equal(names, ['inline.cjs', 'node_modules/', 'node_modules/nisher -> /nisher/guest']);
  assert.equal(await list(await packed(fromFunction(() => 1))), ['inline.cjs']);
});

test('says the name', () => {
  assert.is(fromFunction(written('function named() {}')).name, 'named');
  assert.is(fromFunction(method('[Symbol.iterator]() {}')).name, '[Symbol.iterator]');
  assert.is(
    fromFunction(
      (
        () => () =>
          1
      )(),
    ).name,
    'anonymous',
  );
  assert.is(fromFunction(written('Object.assign(() => 1, { toString: () => "x" })')).source, '() => 1');
});

test('throws nothing but TypeError, whatever the source', () => {
  const pieces = fc.constantFrom(
    ...'function async get set * ( ) => { } [ ] , ; : ... = + x y super this #p import.meta await yield class static'.split(
      ' ',
    ),
    ...[
      '`',
      '${',
      "'",
      '"',
      '/',
      '\\',
      '\n',
      'require("a")',
      'import("./b")',
      '[native code]',
      '__name',
      '<!--',
      '\u2028',
      '\ud800',
    ],
  );
  const source = fc.oneof(
    fc.array(pieces, { maxLength: 20 }).map((each) => each.join(' ')),
    fc.string(),
  );
  let read = 0;
  fc.assert(
    fc.property(source, fc.string(), (text, name) => {
      try {
        selfContainedSource(text, name);
        read++;
      } catch (error) {
        assert.instance(error, TypeError);
      }
    }),
    {
      numRuns: 2000,
      examples: [
        ['() => 1', 'f'],
        [`${'('.repeat(50_000)}1`, 'f'],
        [`() => ${'1+'.repeat(20_000)}1`, 'f'],
      ],
    },
  );
  assert.ok(read > 0);
});

test('positions are those of the function itself', async () => {
  async function positionOf(fn: InlineFunction): Promise<string | undefined> {
    const payload = await packed(fn);
    const { stack } = await run(payload);
    return payload
      .mapStack(stack ?? '')
      .split('\n')[1]
      ?.trim();
  }
  const at = (text: string) => positionOf(fromFunction(written(text)));
  assert.is(await at('function boom() {\n  throw new Error("x") }'), 'at boom (inline function boom:2:9)');
  assert.is(await at('function boom() { throw new Error("x") }'), 'at boom (inline function boom:1:25)');
  assert.is(await at('() =>\n\n { throw new Error("x") }'), 'at anonymous (inline function anonymous:3:10)');
  assert.is(await positionOf(fromFunction(method('boom() { throw new Error("x") }'))), 'at boom (inline function boom:1:16)');
  assert.is(
    await positionOf(fromFunction(method('async ["a" + 1](x, y) {\n  throw new Error("x") }'))),
    'at a1 (inline function a1:2:9)',
  );
});
