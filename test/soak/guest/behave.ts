import { exits } from './exits.js';
import { memory } from './memory.js';
import { output } from './output.js';
import { processes } from './processes.js';
import { surroundings } from './surroundings.js';
import { time } from './time.js';
import { values } from './values.js';

const behaviours: Record<string, (...parameters: never[]) => unknown> = {
  ...values,
  ...time,
  ...memory,
  ...processes,
  ...output,
  ...exits,
  ...surroundings,
  // Of a warm-up call.
  rests: () => 'rested',
};

/** One function for all that they do: a container that waits with this module loaded does not know yet what will be asked of it. */
export function behave(name: string, ...parameters: unknown[]): unknown {
  const behaviour = behaviours[name];
  if (behaviour === undefined) throw new TypeError(`No behaviour ${name}`);
  return behaviour(...(parameters as never[]));
}
