import * as assert from 'uvu/assert';
import { removeTemporary, runCall } from '../fixtures/runner/start-runner.js';
import { suite } from '../harness.js';

const { test, after } = suite('runner: replaced built-ins');
after(removeTemporary);

const result = `{ n: 1, text: 'é', list: [1, [2]], map: new Map([[1, { a: 2 }]]), set: new Set(['s']), date: new Date(0), big: 5n,
  bytes: Buffer.from('abc'), error: Object.assign(new RangeError('e'), { code: 'C' }), all: new AggregateError([new Error('one'), 2]),
  pattern: /a+/giu, whole: Uint16Array.of(1, 2), view: new DataView(new ArrayBuffer(3)) }`;

/** What a module does to the process it shares with the runner, each on its own. */
const attacks: { [name: string]: string } = {
  JSON: 'JSON.stringify = () => "[\\"lie\\"]"; JSON.parse = () => "lie"; globalThis.JSON = undefined;',
  'Buffer.prototype': `for (const key of Object.getOwnPropertyNames(Buffer.prototype)) {
    if (key !== 'constructor' && typeof Buffer.prototype[key] === 'function') Buffer.prototype[key] = () => { throw new Error('replaced'); };
  }
  Buffer.concat = Buffer.alloc = Buffer.allocUnsafe = () => { throw new Error('replaced'); };`,
  'typed arrays': `const typed = Object.getPrototypeOf(Uint8Array.prototype);
    for (const key of ['set', 'subarray', 'slice', 'fill', 'copyWithin']) typed[key] = () => { throw new Error('replaced'); };
    for (const key of ['length', 'byteLength', 'byteOffset', 'buffer']) Object.defineProperty(typed, key, { get() { return 0; } });`,
  'array buffers': `for (const Class of [ArrayBuffer, SharedArrayBuffer]) for (const key of ['byteLength', 'slice', 'maxByteLength', 'resizable'])
      Object.defineProperty(Class.prototype, key, { get() { throw new Error('replaced'); } });`,
  patterns: `for (const key of ['source', 'flags', 'global', 'ignoreCase', 'multiline', 'dotAll', 'unicode', 'unicodeSets', 'sticky', 'hasIndices'])
      Object.defineProperty(RegExp.prototype, key, { get() { throw new Error('replaced'); } });`,
  'Array.prototype': `const bad = () => { throw new Error('replaced'); };
    for (const key of ['push', 'pop', 'join', 'map', 'filter', 'some', 'slice', 'sort', 'reduce', 'keys', 'forEach', 'includes'])
      Object.defineProperty(Array.prototype, key, { value: bad });
    Object.defineProperty(Array.prototype, Symbol.iterator, { value: bad }); Array.isArray = () => false; Array.from = bad;`,
  'Function.prototype': `const bad = () => { throw new Error('replaced'); };
    Function.prototype.call = bad; Function.prototype.apply = bad; Function.prototype.bind = bad;`,
  Object: `const bad = () => { throw new Error('replaced'); };
    for (const key of ['keys', 'entries', 'assign', 'hasOwn', 'getPrototypeOf', 'getOwnPropertyNames', 'getOwnPropertySymbols',
      'getOwnPropertyDescriptor', 'defineProperty', 'create', 'freeze']) Object[key] = bad;
    Object.prototype.toString = () => '[object Array]'; Object.prototype.hasOwnProperty = bad;`,
  'Map and Set': `const bad = () => { throw new Error('replaced'); };
    for (const Class of [Map, Set, WeakMap]) for (const key of ['get', 'set', 'has', 'add', 'entries', 'values', 'keys', Symbol.iterator])
      if (key in Class.prototype) Class.prototype[key] = bad;
    Object.defineProperty(Map.prototype, 'size', { get: bad });`,
  'Promise.prototype': `Promise.prototype.then = function () { return this; }; Promise.prototype.catch = () => {};
    Promise.resolve = () => { throw new Error('replaced'); }; globalThis.Promise = undefined;`,
  process: `process.on = process.once = process.emit = process.addListener = process.off = () => { throw new Error('replaced'); };
    process.exit = process.reallyExit = process.kill = process.hrtime = () => {}; process.hrtime.bigint = () => 0n; process.stdout.write = () => false;`,
  fs: `import fs, { createRequire } from 'node:module';
    const real = createRequire(import.meta.url)('node:fs');
    real.writeSync = real.readSync = real.openSync = real.readdirSync = () => { throw new Error('replaced'); };`,
  Reflect: 'for (const key of Object.getOwnPropertyNames(Reflect)) Reflect[key] = () => { throw new Error("replaced"); };',
  Error: `Error.prepareStackTrace = () => { throw new Error('replaced'); }; Error.stackTraceLimit = 0; Error.captureStackTrace = undefined;
    Error.prototype.toString = () => 'lie';`,
  strings: `const bad = () => { throw new Error('replaced'); };
    for (const key of ['replace', 'slice', 'split', 'startsWith', 'charCodeAt', 'isWellFormed', 'trim', 'match']) String.prototype[key] = bad;
    RegExp.prototype.exec = bad; RegExp.prototype.test = bad; RegExp.prototype[Symbol.replace] = bad;`,
  numbers: `const bad = () => { throw new Error('replaced'); };
    Number.isNaN = Number.isInteger = Number.isSafeInteger = () => true; Number.prototype.toString = bad; BigInt.prototype.toString = bad; Number.parseInt = bad;`,
  dates:
    'Date.prototype.toISOString = Date.prototype.getTime = Date.prototype.getDate = () => { throw new Error("replaced"); };',
  encoders: `TextEncoder.prototype.encode = () => new Uint8Array(3); TextDecoder.prototype.decode = () => 'lie';
    globalThis.TextEncoder = globalThis.TextDecoder = undefined;`,
  types: `import util from 'node:util'; for (const key of Object.keys(util.types)) try { util.types[key] = () => true; } catch {}`,
  globals: `for (const key of ['Map', 'Set', 'Date', 'URL', 'Uint8Array', 'ArrayBuffer', 'DataView', 'Symbol', 'Proxy', 'WeakMap', 'AbortController',
    'RegExp', 'String', 'Number', 'BigInt', 'Array', 'queueMicrotask']) globalThis[key] = undefined;`,
};

function expected(value: unknown): boolean {
  const { n, text, list, map, set, date, big, bytes, error, ...others } = value as { [key: string]: unknown };
  const { all, pattern, whole, view } = others;
  assert.is(n, 1);
  assert.is(text, 'é');
  assert.equal(list, [1, [2]]);
  assert.equal(map, new Map([[1, { a: 2 }]]));
  assert.equal(set, new Set(['s']));
  assert.is((date as Date).getTime(), 0);
  assert.is(big, 5n);
  assert.is(String(bytes), 'abc');
  assert.instance(error, RangeError);
  assert.is((error as { code?: unknown }).code, 'C');
  const [one, two] = (all as AggregateError).errors as [Error, number];
  assert.equal([one.message, two], ['one', 2]);
  assert.is(String(pattern), '/a+/giu');
  assert.equal(whole, Uint16Array.of(1, 2));
  assert.is((view as DataView).byteLength, 3);
  return true;
}

for (const [name, attack] of Object.entries(attacks)) {
  test(`${name}, replaced within the call`, async () => {
    const imports = attack.match(/import .*?;/g)?.join('\n') ?? '';
    const { end, value, code } = await runCall({
      code: `${imports}
        export default async () => {
          const result = ${result};
          await new Promise((done) => setTimeout(done, 1));
          ${attack.replaceAll(/import .*?;/g, '')}
          return result;
        };`,
    });
    assert.is(end.status, 'returned', `${JSON.stringify(end)} ${String(value)}`);
    assert.ok(expected(value));
    assert.is(code, 0);
    assert.ok('durationInS' in end && end.durationInS > 0);
  });
}

test(
  'what is replaced at load leads to the true result or to an error, never to another result',
  async () => {
    for (const [name, attack] of Object.entries(attacks)) {
      const runner = runCall({ code: `const result = ${result};\n${attack}\nexport default () => result;` });
      const { end, value } = await runner.catch((error: Error) => ({ end: { status: 'died' }, value: error.message }));
      if (end.status === 'returned') assert.ok(expected(value), name);
      else assert.ok(['threw', 'died', 'exiting', 'neverSettles'].includes(end.status), `${name}: ${end.status}`);
    }
  },
  { timeoutInS: 60 },
);

test('an error thrown while built-ins are replaced is still that error', async () => {
  const { end, value } = await runCall({
    code: `export default async () => {
      {${attacks.JSON}} {${attacks.Reflect}} {${attacks['Map and Set']}} {${attacks.strings}}
      throw Object.assign(new TypeError('the reason'), { code: 'C' });
    };`,
  });
  assert.is(end.status, 'threw');
  assert.instance(value, TypeError);
  assert.is((value as Error).message, 'the reason');
});

test('sockets that cannot be made any more do not end the call', async () => {
  const { end, value } = await runCall({
    code: `import net from 'node:net';
      import { EventEmitter } from 'node:events';
      net.Socket = class { constructor() { throw new Error('replaced'); } };
      EventEmitter.prototype.on = () => { throw new Error('replaced'); };
      export default () => new Promise((done) => setTimeout(done, 100, 'went on'));`,
  });
  assert.is(end.status, 'returned', String(value));
  assert.is(value, 'went on');
});
