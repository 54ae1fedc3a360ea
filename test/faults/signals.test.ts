import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { deferred } from '../../src/call/deferred.js';
import { connect } from '../../src/engine/connect.js';
import { suite } from '../harness.js';
import { type Fate, openEngineProxy, type ProxiedRequest } from '../support/engine-proxy.js';
import { type FaultProgram, faultFunctions, moduleLoadsForEver, startFaultProgram } from '../support/fault-program.js';
import { localEngine } from '../support/local-engine.js';
import { makeOwnEngine, noOwnEngine } from '../support/own-engine.js';
import { someAtOnce } from '../support/some-at-once.js';
import { isStep } from '../support/steps.js';
import { CLEAN_AFTER_S, REAPED_AFTER_S, tracesAfter } from '../support/traces.js';

/** Signals to `nisher`, and to a program that uses the library and knows nothing of signals, or ends properly by them. */
const { test, before } = suite('signals');

let enginePath: string;
before(async () => {
  ({ enginePath } = await localEngine());
});

const AT_ONCE = 3;

/**
 * While its container is being created or started, while the module loads, the function runs, its value is on its way, or its container
 * is to be removed; and, for a pool, while a container waits.
 */
const moments = ['create', 'start', 'load', 'called', 'large', 'remove', 'waiting'] as const;
type Moment = (typeof moments)[number];

interface Case {
  readonly kind: 'program' | 'cli';
  readonly moment: Moment;
  readonly sent: readonly NodeJS.Signals[];
  /** Sent to the whole process group, as a terminal does at Ctrl-C. */
  readonly toGroup?: true;
}

const allSignals: readonly (readonly NodeJS.Signals[])[] = [
  ['SIGINT'],
  ['SIGTERM'],
  ['SIGHUP'],
  ['SIGQUIT'],
  ['SIGKILL'],
  ['SIGINT', 'SIGINT'],
];
const fewSignals: typeof allSignals = [['SIGINT'], ['SIGKILL'], ['SIGINT', 'SIGINT']];
const signalsAt: Readonly<Record<Moment, typeof allSignals>> = {
  create: allSignals,
  start: fewSignals,
  load: fewSignals,
  called: allSignals,
  large: fewSignals,
  remove: fewSignals,
  waiting: allSignals,
};

const casesOf = (kind: Case['kind']): Case[] => [
  ...moments
    .filter((moment) => kind === 'program' || moment !== 'waiting')
    .flatMap((moment) => signalsAt[moment].map((sent) => ({ kind, moment, sent }))),
  ...(['create', 'called'] as const).map((moment) => ({ kind, moment, sent: ['SIGINT'] as const, toGroup: true as const })),
];
const nameOf = ({ kind, moment, sent, toGroup }: Case) => `${kind} ${moment} ${sent.join(' ')}${toGroup ? ' group' : ''}`;

const limits = ['--wall-time', '60s', '--cpu-time', '60s'];
const functionOf: Readonly<Record<Exclude<Moment, 'waiting' | 'load'>, string>> = {
  create: 'waits',
  start: 'waits',
  called: 'waits',
  large: 'large',
  remove: 'answer',
};

function wordsFor(kind: Case['kind'], moment: Moment): string[] {
  if (moment === 'waiting') return ['forkserver', 'answer', 'then-wait'];
  if (moment === 'load') return kind === 'cli' ? ['run', `${moduleLoadsForEver}#never`, ...limits] : ['spawn', 'loads'];
  return kind === 'cli' ? ['run', `${faultFunctions}#${functionOf[moment]}`, ...limits] : ['spawn', functionOf[moment]];
}

const printedAt: Partial<Record<Moment, string>> = { load: 'loading', called: 'called', waiting: 'waiting' };

/** What is held up until the signal was sent is held up a little longer. */
const STILL_UNDER_WAY_FOR_MS = 200;

async function reach(
  { kind, moment, sent: signals, toGroup }: Case,
  use: (program: FaultProgram, sent: () => void) => Promise<void>,
) {
  const reached = deferred<void>();
  const sent = deferred<void>();
  const holdUp = async () => {
    reached.resolve();
    await sent.promise;
    await sleep(STILL_UNDER_WAY_FOR_MS);
  };
  await using proxy = await openEngineProxy(enginePath, async (request): Promise<Fate> => {
    if (moment === 'large' && isStep('attach', request)) return { kind: 'halfway', afterBytes: 2 ** 20, until: holdUp };
    if (moment === 'create' || moment === 'start') {
      if (!isStep(moment, request)) return undefined;
      reached.resolve();
      // By the second signal, a call that ends properly may have ended.
      if (signals.length > 1) return { kind: 'swallowed', detached: true };
    } else if (moment === 'remove' && isStep('remove', request)) await holdUp();
    return undefined;
  });
  await using program = await startFaultProgram(proxy, kind, wordsFor(kind, moment), { ownGroup: toGroup === true });
  const text = printedAt[moment];
  if (text !== undefined) assert.ok(await program.printed(text), 'it never came to that');
  else {
    const over = program.ended.then(({ stdout, stderr }) => Promise.reject(new Error(`ended: ${stdout}${stderr}`)));
    over.catch(() => {});
    await Promise.race([reached.promise, over]);
  }
  await use(program, sent.resolve);
}

async function send({ child }: FaultProgram, { sent, toGroup }: Case): Promise<void> {
  for (const signal of sent) {
    if (toGroup) process.kill(-(child.pid as number), signal);
    else child.kill(signal);
    // Two signals at once are one.
    if (sent.length > 1) await sleep(300);
  }
}

test(
  'a program that handles no signals dies of them, and leaves nothing',
  async () => {
    const problems = await someAtOnce(AT_ONCE, casesOf('program'), nameOf, async (each) => {
      await reach(each, async (program, sent) => {
        await send(program, each);
        sent();
        const { signal, stderr } = await program.ended;
        assert.is(signal, each.sent[0] ?? null, stderr);
        assert.equal(await program.traces(REAPED_AFTER_S), []);
      });
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 250 },
);

/** What it dies of by default; the others end the call first. */
const deadly: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGQUIT', 'SIGKILL'];

test(
  'nisher run: Ctrl-C and SIGTERM end the call, the second time at once; nothing is left by any',
  async () => {
    const problems = await someAtOnce(AT_ONCE, casesOf('cli'), nameOf, async (each) => {
      await reach(each, async (program, sent) => {
        const since = performance.now();
        await send(program, each);
        sent();
        const { signal, exitCode, stdout, stderr } = await program.ended;
        const [first = 'SIGINT'] = each.sent;
        // A value that has come is printed, unless it leaves at once.
        const value = each.moment === 'remove' && each.sent.length === 1 ? '42\n' : '';
        if (deadly.includes(first)) assert.is(signal, first, stderr);
        else assert.equal([exitCode, stdout], [128 + constants.signals[first], value], stderr);
        assert.ok(performance.now() - since < CLEAN_AFTER_S * 1000, `ended after ${performance.now() - since} ms`);
        const isOrderly = !deadly.includes(first) && each.sent.length === 1;
        assert.equal(await program.traces(isOrderly ? CLEAN_AFTER_S : REAPED_AFTER_S), []);
      });
    });
    assert.equal(problems, []);
  },
  { timeoutInS: 250 },
);

test(
  'a program whose handler aborts its calls and closes leaves nothing, and ends when it has',
  async () => {
    for (const [method, name, text] of [
      ['spawn', 'waits', 'called'],
      ['forkserver', 'waits', 'called'],
      ['forkserver', 'answer', 'waiting'],
    ] as const) {
      await using proxy = await openEngineProxy(enginePath, () => undefined);
      await using program = await startFaultProgram(proxy, 'program', [method, name, 'closes-on-SIGTERM']);
      assert.ok(await program.printed(text));
      const since = performance.now();
      program.child.kill('SIGTERM');
      const { exitCode, stdout } = await program.ended;
      assert.equal([exitCode, /closed/.test(stdout)], [0, true], stdout);
      assert.ok(performance.now() - since < CLEAN_AFTER_S * 1000);
      assert.equal(await program.traces(CLEAN_AFTER_S), []);
    }
  },
  { timeoutInS: 90 },
);

test(
  'nisher doctor, interrupted, leaves nothing',
  async () => {
    const rows = (['create', 'start', 'inspect'] as const).map((step) => ({ step, signal: 'SIGINT' as const }));
    const problems = await someAtOnce(
      AT_ONCE,
      rows,
      ({ step }) => step,
      async ({ step, signal }) => {
        const reached = deferred<void>();
        await using proxy = await openEngineProxy(enginePath, (request) => {
          if (isStep(step, request)) reached.resolve();
          return undefined;
        });
        await using program = await startFaultProgram(proxy, 'cli', ['doctor']);
        await reached.promise;
        program.child.kill(signal);
        assert.is((await program.ended).signal, signal);
        assert.equal(await program.traces(REAPED_AFTER_S), []);
      },
    );
    assert.equal(problems, []);
  },
  { timeoutInS: 90 },
);

/** While the engine builds, and while the new image is tried in a container. */
const buildMoments: Readonly<Record<string, (request: ProxiedRequest) => boolean>> = {
  build: ({ method, path }) => method === 'POST' && path.startsWith('/build'),
  create: (request) => isStep('create', request),
  start: (request) => isStep('start', request),
};

test(
  'nisher image build, interrupted, leaves no container, no volume, and no image without a name',
  async () => {
    const own = await makeOwnEngine();
    try {
      await own.start();
      const { docker } = await connect(own.url);
      for (const [name, isIt] of Object.entries(buildMoments)) {
        const reached = deferred<void>();
        await using proxy = await openEngineProxy(
          own.socketPath,
          () => undefined,
          // The engine has begun to answer: it is at work.
          (request) => {
            if (isIt(request)) reached.resolve();
          },
        );
        await using program = await startFaultProgram(proxy, 'cli', ['image', 'build']);
        await reached.promise;
        program.child.kill('SIGINT');
        assert.is((await program.ended).signal, 'SIGINT', name);
        assert.equal(await program.traces(REAPED_AFTER_S), [], name);
        assert.equal(await tracesAfter(CLEAN_AFTER_S, { engine: own.url }), [], name);
        // The builder's own, too.
        assert.equal(await docker.listContainers({ all: true }), [], name);
        assert.equal(await docker.listImages({ filters: { dangling: ['true'] } }), [], name);
        for (const { Id } of await docker.listImages()) await docker.getImage(Id).remove({ force: true });
      }
    } finally {
      await own.remove();
    }
  },
  { timeoutInS: 180, unless: noOwnEngine },
);
