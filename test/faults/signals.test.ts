import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { ensureImage } from '../../src/engine/image.js';
import { suite } from '../harness.js';
import { openEngineProxy } from '../support/engine-proxy.js';
import { type FaultProgram, faultFunctions, startFaultProgram } from '../support/fault-program.js';
import { patience } from '../support/patience.js';
import { someAtOnce } from '../support/some-at-once.js';
import { isStep } from '../support/steps.js';

/** Signals to `nisher run`, and to a program that uses the library and knows nothing of signals. */
const { test, before } = suite('signals');

let enginePath: string;
before(async () => {
  const engine = await connect(null);
  assert.ok(engine.endpoint.kind === 'unix');
  enginePath = engine.endpoint.path;
  await ensureImage(engine);
});

const GONE_AFTER_S = 30 * patience;
const AT_ONCE = 3;

const signals: readonly (readonly NodeJS.Signals[])[] = [
  ['SIGINT'],
  ['SIGTERM'],
  ['SIGHUP'],
  ['SIGKILL'],
  ['SIGINT', 'SIGINT'],
];
/** While its container is being created or started, while the function runs, and, for a pool, while a container waits. */
const moments = ['create', 'start', 'called', 'waiting'] as const;
type Moment = (typeof moments)[number];

interface Case {
  readonly kind: 'program' | 'cli';
  readonly moment: Moment;
  readonly sent: readonly NodeJS.Signals[];
}

async function reach(kind: Case['kind'], moment: Moment, use: (program: FaultProgram) => Promise<void>): Promise<void> {
  let reached = () => {};
  const atRequest = new Promise<void>((resolve) => {
    reached = resolve;
  });
  await using proxy = await openEngineProxy(enginePath, (request) => {
    if ((moment === 'create' || moment === 'start') && isStep(moment, request)) reached();
    return undefined;
  });
  const words =
    kind === 'cli'
      ? ['run', `${faultFunctions}#waits`, '--wall-time', '60s', '--cpu-time', '60s']
      : moment === 'waiting'
        ? ['forkserver', 'answer', 'then-wait']
        : ['spawn', 'waits'];
  await using program = await startFaultProgram(proxy.url, kind, ...words);
  if (moment === 'create' || moment === 'start') await Promise.race([atRequest, program.ended]);
  else assert.ok(await program.printed(moment), 'it never came to that');
  await use(program);
}

async function send({ child }: FaultProgram, sent: readonly NodeJS.Signals[]): Promise<void> {
  for (const signal of sent) {
    child.kill(signal);
    // Two signals at once are one.
    if (sent.length > 1) await sleep(300);
  }
}

const nameOf = ({ kind, moment, sent }: Case) => `${kind} ${moment} ${sent.join(' ')}`;
const casesOf = (kind: Case['kind']): Case[] =>
  moments
    .filter((moment) => kind === 'program' || moment !== 'waiting')
    .flatMap((moment) => signals.map((sent) => ({ kind, moment, sent })));

test(
  'a program that handles no signals dies of them, and leaves nothing',
  async () => {
    const problems = await someAtOnce(AT_ONCE, casesOf('program'), nameOf, async ({ kind, moment, sent }) => {
      await reach(kind, moment, async (program) => {
        await send(program, sent);
        const { signal, stderr } = await program.ended;
        assert.is(signal, sent[0] ?? null, stderr);
        assert.equal(await program.traces(GONE_AFTER_S), []);
      });
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 250 },
);

/** What it dies of by default; the others end the call first. */
const deadly: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGKILL'];

test(
  'nisher run: Ctrl-C and SIGTERM end the call, the second time at once; nothing is left by any',
  async () => {
    const problems = await someAtOnce(AT_ONCE, casesOf('cli'), nameOf, async ({ kind, moment, sent }) => {
      await reach(kind, moment, async (program) => {
        await send(program, sent);
        const { signal, exitCode, stdout, stderr } = await program.ended;
        const [first = 'SIGINT'] = sent;
        if (deadly.includes(first)) assert.is(signal, first, stderr);
        else assert.equal([exitCode, stdout], [128 + constants.signals[first], ''], stderr);
        assert.equal(await program.traces(GONE_AFTER_S), []);
      });
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 250 },
);
