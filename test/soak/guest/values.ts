import { carried } from './carried.js';
import { markEnd } from './marks.js';

const uncarriable: Record<string, () => unknown> = {
  deep: () => Array.from({ length: 1e5 }).reduce((inner) => [inner], 1),
  proto: () => JSON.parse('{"a":{"__proto__":1}}'),
  function: () => ({ call: () => 1 }),
  symbol: () => [Symbol('s')],
  getter: () => ({
    get a() {
      throw new Error('no');
    },
  }),
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return [proxy];
  },
};

export const values = {
  carries: (kind: string) => carried[kind]?.(),
  cannotCarry: (kind: string) => uncarriable[kind]?.(),
  text: (bytes: number) => {
    const text = 'x'.repeat(bytes);
    markEnd();
    return text;
  },
  pending: () => new Promise(() => {}),
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
  unsettledThenable: () => ({ then() {} }),
  thenableOfItself: () => {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    const value = { then: (resolve: (value: unknown) => void) => resolve(value) };
    return value;
  },
};
