import { readFileSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Engine } from '../../../src/engine/connect.js';
import { type ContainerRecord, eventsOf, nothingToldYet } from '../../../src/engine/container-events.js';
import { seeExit } from '../../../src/engine/container-exit.js';
import { readProcessStat } from '../../../src/engine/process-stat.js';
import { cutAt, cuts, jsonLike, someBytes } from '../arbitraries.js';
import type { Fuzzed } from '../fuzzed.js';
import { serve } from './engine-http.js';

const leaf = fc.oneof(
  fc.constantFrom<unknown>(0, 1, -1, 137, 255, 256, 0.5, null, true, false, '', '0', '137', '-1', '1e3', ' 1', 'x'),
  jsonLike(['Message', 'ID']),
);
/** As `POST /containers/ID/wait` answers, and an engine that is none. */
const waitAnswer = fc.oneof(
  fc.record({ StatusCode: leaf, Error: fc.oneof(leaf, fc.record({ Message: leaf })) }, { requiredKeys: [] }),
  jsonLike(['StatusCode', 'Error', 'Message']).filter((json) => typeof json === 'object' && json !== null),
);
const inspectAnswer = fc.oneof(
  fc.record({
    State: fc.oneof(
      fc.record(
        { Running: leaf, Paused: leaf, Pid: leaf, ExitCode: leaf, OOMKilled: leaf, Status: leaf, Error: leaf },
        { requiredKeys: [] },
      ),
      leaf,
    ),
  }),
  jsonLike(['State', 'Running', 'ExitCode']).filter((json) => typeof json === 'object' && json !== null),
);

/** Whatever an engine answers of a container's end: an exit code that Linux has and that it told of, or an end that nobody saw. */
export const toldExits: Fuzzed = {
  name: 'told-exits',
  quickRuns: 1000,
  property: fc.asyncProperty(
    waitAnswer,
    fc.option(inspectAnswer, { nil: null }),
    fc.boolean(),
    fc.boolean(),
    async (waited, inspected, killAsked, ooms) => {
      const gone = Object.assign(new Error('gone'), { statusCode: 404 });
      const inspect = () => (inspected === null ? Promise.reject(gone) : Promise.resolve(inspected));
      const exit = await seeExit(
        { docker: { getContainer: () => ({ inspect }) }, info: { flavour: 'docker' } } as unknown as Engine,
        'x',
        { accepted: Promise.resolve(), answer: Promise.resolve(waited as Record<string, unknown>), keepAlive: () => {} },
        { ...nothingToldYet, killAsked },
        new Promise(() => {}),
        () => false,
        { begin: () => {}, any: () => ooms, areOthers: () => true, claim: () => false, end: () => {} },
      );
      if (exit.kind === 'lost') return assert.type(exit.reason, 'string');
      assert.ok(Number.isInteger(exit.exitCode) && exit.exitCode >= 0 && exit.exitCode <= 255, `exit code ${exit.exitCode}`);
      const told = [waited, (inspected as { State?: unknown } | null)?.State] as ({ [key: string]: unknown } | null)[];
      assert.ok(told.some((answer) => [answer?.StatusCode, answer?.ExitCode].includes(exit.exitCode)));
    },
  ),
};

const ID = 'c0ffee'.repeat(10);
const anEvent = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record(
      {
        Action: fc.oneof(fc.constantFrom('oom', 'die', 'kill', 'start', 'exec_die'), leaf),
        Actor: fc.oneof(
          {
            weight: 4,
            arbitrary: fc.record(
              {
                ID: fc.oneof({ weight: 4, arbitrary: fc.constant(ID) }, fc.constant('other'), leaf),
                Attributes: fc.oneof({ weight: 3, arbitrary: fc.record({ exitCode: leaf }) }, leaf),
              },
              { requiredKeys: [] },
            ),
          },
          leaf,
        ),
        time: leaf,
      },
      { requiredKeys: [] },
    ),
  },
  jsonLike(['Action', 'Actor', 'ID', 'time']).filter((json) => typeof json === 'object' && json !== null),
);

/** What is to be known of the container after them, as the engine's documentation has them. */
function recordOf(events: readonly unknown[]): ContainerRecord {
  const record = { ...nothingToldYet };
  for (const event of events as {
    Action?: unknown;
    Actor?: { ID?: unknown; Attributes?: { exitCode?: unknown } | null } | null;
  }[]) {
    if (event.Actor?.ID !== ID) continue;
    if (event.Action === 'oom') record.ooms++;
    if (event.Action === 'kill') record.signalled = true;
    if (event.Action !== 'die') continue;
    const code = event.Actor.Attributes?.exitCode;
    record.exitCode = typeof code === 'string' && code !== '' && !/[^0-9]/.test(code) ? Number(code) : Number.NaN;
  }
  return record;
}

const LAST = 'the last';
let owners = 0;

/** Whatever events come, and however cut: what they say of a container is kept of that one, and of no other. */
export const containerEvents: Fuzzed = {
  name: 'container-events',
  quickRuns: 40,
  property: fc.asyncProperty(fc.array(anEvent, { maxLength: 12 }), cuts, async (told, places) => {
    const last = { Action: 'die', Actor: { ID: LAST, Attributes: { exitCode: '7' } } };
    const lines = Buffer.from([...told, last].map((event) => `${JSON.stringify(event)}\n`).join(''));
    const head = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${lines.length}\r\n\r\n`);
    const { transport, close } = await serve([head, ...cutAt(lines, places)]);
    const events = eventsOf({ transport } as unknown as Engine, `owner ${owners++}`);
    try {
      const { record } = events.follow(ID);
      assert.is(await events.follow(LAST).died, 7);
      assert.ok(isDeepStrictEqual(record, recordOf(told)));
    } finally {
      events.forget(ID);
      events.forget(LAST);
      await close();
    }
  }),
};

const NAME = '/proc/self/comm';

/** Whatever a process calls itself, and it is what it was. */
export const processStat: Fuzzed = {
  name: 'process-stat',
  quickRuns: platform() === 'linux' ? 1000 : 0,
  property: fc.property(
    fc.oneof(
      someBytes(15),
      fc.constantFrom(') Z 1 1', '(x) R (y)', '\n', ') X', '))))', ' ').map((name) => Buffer.from(name)),
    ),
    (name) => {
      const before = readFileSync(NAME);
      const was = readProcessStat(process.pid);
      try {
        // The kernel ends it at the first zero byte.
        writeFileSync(NAME, name);
        const is = readProcessStat(process.pid);
        assert.is(is?.hasEnded, false);
        assert.is(is?.startTime, was?.startTime);
        assert.match(is?.startTime ?? '', /^\d+$/);
        assert.is(is?.waitStatus, was?.waitStatus);
      } finally {
        writeFileSync(NAME, before);
      }
    },
  ),
};
