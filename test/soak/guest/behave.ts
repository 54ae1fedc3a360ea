import { builtins } from './builtins.js';
import { exits } from './exits.js';
import { loadAsOrdered, markBegin, now } from './marks.js';
import { memory } from './memory.js';
import { native } from './native.js';
import { output } from './output.js';
import { processes } from './processes.js';
import { surroundings } from './surroundings.js';
import { time } from './time.js';
import { values } from './values.js';

const behaviours: Record<string, (...parameters: never[]) => unknown> = {
  ...values,
  ...builtins,
  ...time,
  ...memory,
  ...processes,
  ...native,
  ...output,
  ...exits,
  ...surroundings,
  // Of a warm-up call.
  rests: () => 'rested',
};

loadAsOrdered();
const loadedAt = now();

/** One function for all that they do: a container that waits with this module loaded does not know yet what will be asked of it. */
export function behave(name: string, ...parameters: unknown[]): unknown {
  markBegin(loadedAt);
  const behaviour = behaviours[name];
  if (behaviour === undefined) throw new TypeError(`No behaviour ${name}`);
  return behaviour(...(parameters as never[]));
}
