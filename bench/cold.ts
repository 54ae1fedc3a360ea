/**
 * `npm run bench:cold`: what a call costs that has its container started, over the bare requests to the engine; what importing the
 * library costs over node itself; and what packing an unchanged module a second time costs. All in one run, on the built package; writes
 * bench/results/cold.json. Exit code 1 when a bound is missed. The machine should be idle otherwise.
 */
import { measureColdCall } from './rows/cold-call.js';
import { measureStartUp } from './rows/start-up.js';
import { runRows } from './run-rows.js';

await runRows(
  { 'cold call': (setting) => measureColdCall(setting, false), 'start-up': measureStartUp },
  { pynisher: null, resultsFile: 'cold.json' },
);
