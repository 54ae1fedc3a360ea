import type fc from 'fast-check';
import * as assert from 'uvu/assert';

/** A property of one parser, for the quick test and for the long run alike. */
export interface Fuzzed {
  readonly name: string;
  /** Runs in the quick test, so that all properties together take some seconds. */
  readonly quickRuns: number;
  readonly property: fc.IRawProperty<unknown, boolean>;
}

const guarded = { Object, Array, Function, Error, Map, Set, Buffer, Uint8Array, RegExp, Date, Promise };

function ownNames(): string {
  return Object.entries(guarded)
    .flatMap(([name, { prototype }]) =>
      Reflect.ownKeys(prototype as object).map(
        (key) => `${name}.${String(key)} ${typeof Object.getOwnPropertyDescriptor(prototype, key)?.value}`,
      ),
    )
    .join('\n');
}

const asTheyWere = ownNames();

/** @throws when a prototype of the language has got, lost or changed a property since this program began. */
export function assertPrototypesAreUntouched(): void {
  assert.is(ownNames(), asTheyWere);
}
