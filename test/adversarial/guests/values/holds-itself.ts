/** An object, an array, a map and a set that contain one another and themselves. */
export default function holdsItself() {
  const all: { [name: string]: unknown } = {};
  const list: unknown[] = [all];
  const map = new Map<unknown, unknown>([[all, list]]);
  const set = new Set<unknown>([map]);
  list.push(list);
  map.set(map, set);
  return Object.assign(all, { all, list, map, set });
}
