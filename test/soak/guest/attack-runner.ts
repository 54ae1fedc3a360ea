// First: it looks at what the runner writes from then on.

import forgesFrames from '../../adversarial/guests/runner/forges-frames.js';
import forgesReady from '../../adversarial/guests/runner/forges-ready.js';
import { write } from '../../adversarial/guests/runner/intercept-frames.js';
import reachesIntoRealm from '../../adversarial/guests/runner/reaches-into-realm.js';
import sendsHostMessages from '../../adversarial/guests/runner/sends-host-messages.js';
import { loadAsOrdered, markBegin, now } from './marks.js';

const attacks: Record<string, (...parameters: never[]) => unknown> = {
  forgesFrames,
  forgesReady,
  reachesIntoRealm,
  sendsHostMessages,
  rests: () => 'rested',
};

loadAsOrdered();
const loadedAt = now();

/** What is aimed at the runner that shares its process. */
export function behave(name: string, ...parameters: unknown[]): unknown {
  // Past the spy: the last that it saw must be a frame of the runner's.
  markBegin(loadedAt, write);
  const attack = attacks[name];
  if (attack === undefined) throw new TypeError(`No attack ${name}`);
  return attack(...(parameters as never[]));
}
