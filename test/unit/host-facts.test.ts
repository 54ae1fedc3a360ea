import * as assert from 'uvu/assert';
import { suite } from '../harness.js';
import { observeHost } from '../support/host-facts.js';

const { test } = suite('facts of the host');
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** Each changes one thing, and returns what undoes that. */
const harms: { readonly [name: string]: () => () => void } = {
  'JSON.parse': () => replaced(JSON, 'parse', () => 'replaced'),
  'Promise.prototype.then': () => replaced(Promise.prototype, 'then', () => {}),
  'Object.prototype.polluted': () => replaced(Object.prototype, 'polluted', true),
  '%TypedArray%.prototype.length': () => replaced(typedArray, 'length', 0),
  'process.exit': () => replaced(process, 'exit', () => {}),
  'globalThis.added': () => replaced(globalThis, 'added', true),
  'globalThis.Math': () => {
    const { Math: original } = globalThis;
    globalThis.Math = Object.create(original) as Math;
    return () => {
      globalThis.Math = original;
    };
  },
  'the prototype of Map.prototype': () => {
    Object.setPrototypeOf(Map.prototype, Set.prototype);
    return () => Object.setPrototypeOf(Map.prototype, Object.prototype);
  },
  'the working directory or the environment': () => {
    process.env.NISHER_TEST_ADDED = '1';
    return () => delete process.env.NISHER_TEST_ADDED;
  },
};

test('each harm is seen, and none where all is as it was', () => {
  const facts = observeHost();
  for (const [name, harm] of Object.entries(harms)) {
    const undo = harm();
    const found = facts.changes();
    undo();
    assert.equal(found, [name]);
    assert.equal(facts.changes(), [], name);
  }
});

function replaced(owner: object, key: string, value: unknown): () => void {
  const original = Object.getOwnPropertyDescriptor(owner, key);
  Object.defineProperty(owner, key, { value, configurable: true, writable: true, enumerable: original?.enumerable ?? true });
  return () => {
    if (original === undefined) Reflect.deleteProperty(owner, key);
    else Object.defineProperty(owner, key, original);
  };
}
