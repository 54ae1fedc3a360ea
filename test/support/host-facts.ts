import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Whether this program is as it was. */
export interface HostFacts {
  /** What has changed since: built-ins that were replaced, added, removed or made of others; environment, working directory. */
  changes(): string[];
}

/** One object, as it was. */
interface Snapshot {
  readonly thing: object;
  readonly prototype: object | null;
  readonly isExtensible: boolean;
  readonly own: ReadonlyMap<PropertyKey, PropertyDescriptor>;
}

/** Built-ins that no global has the name of. */
const nameless: { readonly [name: string]: object } = {
  '%TypedArray%': Object.getPrototypeOf(Uint8Array) as object,
  '%TypedArray%.prototype': Object.getPrototypeOf(Uint8Array.prototype) as object,
  '%IteratorPrototype%': Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object,
  '%ArrayIteratorPrototype%': Object.getPrototypeOf([][Symbol.iterator]()) as object,
  '%MapIteratorPrototype%': Object.getPrototypeOf(new Map().entries()) as object,
  '%SetIteratorPrototype%': Object.getPrototypeOf(new Set().values()) as object,
  '%GeneratorFunction.prototype%': Object.getPrototypeOf(function* () {}) as object,
  '%AsyncFunction.prototype%': Object.getPrototypeOf(async () => {}) as object,
};

/** Looks at what hostile code, or the bytes it sent, could change in this program; by identity, as a built-in replaced keeps its name. */
export function observeHost(): HostFacts {
  const snapshots = new Map<string, Snapshot>();
  const take = (name: string, thing: unknown) => {
    if ((typeof thing !== 'object' && typeof thing !== 'function') || thing === null) return;
    const own = new Map(Reflect.ownKeys(thing).map((key) => [key, descriptorOf(thing, key)]));
    const isExtensible = Object.isExtensible(thing);
    snapshots.set(name, { thing, prototype: Object.getPrototypeOf(thing) as object | null, isExtensible, own });
  };
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) {
    // Those with a getter Node makes when they are first asked for.
    if (value === globalThis) continue;
    take(name, value);
    if (typeof value === 'function') take(`${name}.prototype`, value.prototype);
  }
  for (const [name, thing] of Object.entries({
    ...nameless,
    globalThis,
    process,
    Buffer,
    'Buffer.prototype': Buffer.prototype,
  }))
    take(name, thing);
  const surroundings = () => JSON.stringify([process.cwd(), process.env]);
  const before = surroundings();

  return {
    changes: () => [
      ...[...snapshots].flatMap(([name, snapshot]) => differences(name, snapshot)),
      ...(surroundings() === before ? [] : ['the working directory or the environment']),
    ],
  };
}

function differences(name: string, { thing, prototype, isExtensible, own }: Snapshot): string[] {
  const isNodes = thing === globalThis || thing === process;
  const keys = new Set([...own.keys(), ...Reflect.ownKeys(thing)]);
  const changed = [...keys].filter((key) => {
    const was = own.get(key);
    const is = descriptorOf(thing, key);
    // Node puts what it has made in the place of some getters, and keeps in `process` what changes.
    if (isNodes && own.has(key) && (was?.get !== undefined || (thing === process && typeof was?.value !== 'function')))
      return false;
    return (['value', 'get', 'set', 'writable', 'enumerable', 'configurable'] as const).some(
      (field) => !Object.is(was?.[field], is?.[field]),
    );
  });
  return [
    ...changed.map((key) => `${name}.${String(key)}`),
    ...(Object.getPrototypeOf(thing) === prototype ? [] : [`the prototype of ${name}`]),
    ...(Object.isExtensible(thing) === isExtensible ? [] : [`${name} is frozen`]),
  ];
}

function descriptorOf(thing: object, key: PropertyKey): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(thing, key) ?? {};
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory that this program takes of the machine, in bytes, with as little garbage in it as can be. */
export function residentMemory(): number {
  collectGarbage();
  return process.memoryUsage.rss();
}
