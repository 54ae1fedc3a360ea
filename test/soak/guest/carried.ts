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
