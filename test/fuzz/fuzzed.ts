import type fc from 'fast-check';
import * as assert from 'uvu/assert';
import { observeHost } from '../support/host-facts.js';

/** A property of one parser, for the quick test and for the long run alike. */
export interface Fuzzed {
  readonly name: string;
  /** Runs in the quick test, so that all properties together take some seconds. */
  readonly quickRuns: number;
  readonly property: fc.IRawProperty<unknown, boolean>;
}

const host = observeHost();

/** @throws when a built-in has got, lost or changed anything since this program began. */
export function assertHostIsUntouched(): void {
  assert.equal(host.changes(), []);
}
