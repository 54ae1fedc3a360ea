import { replaceMethods } from '../builtins/replace-methods.js';

/** Replaces every method of every global but `process` with one that throws; or uses some of them. */
export default function replacesBuiltIns(what: 'attack' | 'look'): string {
  if (what === 'look') return JSON.stringify([...new Map([['a', Math.max(1, 2)]])]);
  const owners: object[] = [];
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(globalThis)) as {
    value?: object & { prototype?: object };
  }[]) {
    if (value === undefined || value === null || (typeof value !== 'object' && typeof value !== 'function')) continue;
    if (value === globalThis) continue;
    owners.push(value, ...(value.prototype === undefined ? [] : [value.prototype]));
  }
  replaceMethods(owners);
  return 'attacked';
}
