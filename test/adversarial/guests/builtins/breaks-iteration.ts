/** Nothing can be iterated over. */
export default function breaksIteration(): { list: number[]; map: Map<string, number>; set: Set<number> } {
  const value = { list: [1, 2], map: new Map([['a', 1]]), set: new Set([3]) };
  for (const list of [[], new Map(), new Set(), '', new Uint8Array()]) {
    Object.getPrototypeOf(list)[Symbol.iterator] = () => {
      throw new Error('replaced');
    };
  }
  return value;
}
