import breaksEmitters from '../../adversarial/guests/builtins/breaks-emitters.js';
import breaksErrorStacks from '../../adversarial/guests/builtins/breaks-error-stacks.js';
import breaksFs from '../../adversarial/guests/builtins/breaks-fs.js';
import breaksGlobals from '../../adversarial/guests/builtins/breaks-globals.js';
import breaksIteration from '../../adversarial/guests/builtins/breaks-iteration.js';
import breaksMethods from '../../adversarial/guests/builtins/breaks-methods.js';
import breaksProcess from '../../adversarial/guests/builtins/breaks-process.js';
import breaksPromises from '../../adversarial/guests/builtins/breaks-promises.js';
import breaksWriting from '../../adversarial/guests/builtins/breaks-writing.js';
import freezesEverything from '../../adversarial/guests/builtins/freezes-everything.js';
import pollutesPrototypes from '../../adversarial/guests/builtins/pollutes-prototypes.js';

/** What is returned was made before, and does not depend on what else the attack returns. */
const andReturns =
  (attack: (...parameters: never[]) => unknown) =>
  (...parameters: never[]) => {
    const value = {
      list: [1, 2],
      map: new Map([['a', 1]]),
      set: new Set([3]),
      bytes: new Uint8Array([4, 5]),
      date: new Date(6),
    };
    attack(...parameters);
    return value;
  };

export const builtins = {
  breaksEmitters,
  breaksErrorStacks,
  breaksPromises,
  breaksWriting,
  breaksFs: andReturns(breaksFs),
  breaksGlobals: andReturns(breaksGlobals),
  breaksIteration: andReturns(breaksIteration),
  breaksMethods: andReturns(breaksMethods),
  breaksProcess: andReturns(breaksProcess),
  freezesEverything: andReturns(freezesEverything),
  pollutesPrototypes: andReturns(pollutesPrototypes),
  replacesSome: () => {
    JSON.parse = JSON.stringify = () => 'lie';
    // biome-ignore lint/suspicious/noThenProperty: it is the one that is replaced
    Promise.prototype.then = () => Promise.reject(new Error('no'));
    Array.prototype.push = () => 0;
    Object.assign(Object.prototype, { toJSON: () => 'lie' });
    Buffer.from = () => Buffer.alloc(0);
    return { kept: [1] };
  },
};
