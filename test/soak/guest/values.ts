/** Values that come out as they went in; the host compares them with its own. */
export const carried: Record<string, () => unknown> = {
  number: () => -0.5,
  nothing: () => undefined,
  bigint: () => 2n ** 100n,
  map: () => new Map<unknown, unknown>([['a', new Set([1, 2])]]),
  date: () => new Date(86_400_000),
  bytes: () => new Uint8Array([0, 255, 7]),
  cycle: () => {
    const value: { self?: unknown; list: unknown[] } = { list: [] };
    value.self = value;
    value.list.push(value);
    return value;
  },
  text: () => 'Ä€𝄞 \u0000 \ud800',
};

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
  text: (bytes: number) => 'x'.repeat(bytes),
  pending: () => new Promise(() => {}),
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
  unsettledThenable: () => ({ then() {} }),
  thenableOfItself: () => {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what this is about
    const value = { then: (resolve: (value: unknown) => void) => resolve(value) };
    return value;
  },
  replacesBuiltins: () => {
    JSON.parse = JSON.stringify = () => 'lie';
    // biome-ignore lint/suspicious/noThenProperty: it is the one that is replaced
    Promise.prototype.then = () => Promise.reject(new Error('no'));
    Array.prototype.push = () => 0;
    Object.assign(Object.prototype, { toJSON: () => 'lie' });
    Buffer.from = () => Buffer.alloc(0);
    return { kept: [1] };
  },
};
