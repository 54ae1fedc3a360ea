import type { EngineInfo } from '../engine/engine-info.js';
import type { Context, LimitedFunction, LimitOptions, Outcome } from '../index.js';
import type { Check } from './doctor-checks.js';
import { judgeSwap, lookForSwap, type SwapSeen } from './doctor-swap.js';
import { exitCodeOfSignal } from './exit-code.js';
import { splitHint } from './split-hint.js';

/** A function that tries to break one limit, and what must become of it. */
export interface Probe {
  readonly name: string;
  readonly limits: LimitOptions;
  readonly attempt: () => unknown;
  readonly judge: (outcome: Outcome, info: EngineInfo) => Omit<Check, 'name'>;
  /** How a runtime that cannot keep the limit says so. It is a warning, for a call with that limit is refused and never runs without. */
  readonly refusal?: RegExp;
}

type Enforce = (limits: LimitOptions) => (attempt: () => unknown) => LimitedFunction<() => unknown>;

const notKept = 'The engine accepts the limit and does not keep it: do not rely on it here. Look at `docker info` for warnings';

/** What a function that looks around sees. */
interface Surroundings {
  uid: number;
  interfaces: string[];
  status: string;
  kernel: string;
  rootIsWritable: boolean;
}

/** In this order, each in a container of its own. */
export const probes: readonly Probe[] = [
  {
    name: 'container',
    limits: {},
    attempt: () => 1,
    judge: (outcome) => {
      const { create, start, load } = outcome.timings;
      return { ok: outcome.result === 1, found: `started, ready in ${((create + start + load) * 1000).toFixed(0)} ms` };
    },
  },
  {
    name: 'usage',
    limits: {},
    attempt: () => 1,
    judge: ({ meter }) =>
      meter === 'cgroup'
        ? { ok: true, found: 'CPU time and memory are read from the cgroup, exactly' }
        : {
            ok: true,
            warning: true,
            found: "CPU time and memory are known from the engine's statistics, once a second",
            hint: 'A limit on CPU time is kept a second or two late. For exact ones, run nisher on the machine of the engine, with /sys/fs/cgroup visible',
          },
  },
  {
    name: 'isolation',
    limits: {},
    attempt: async (): Promise<Surroundings> => {
      const { accessSync, constants, readFileSync } = await import('node:fs');
      const { networkInterfaces } = await import('node:os');
      let rootIsWritable = true;
      try {
        accessSync('/', constants.W_OK);
      } catch {
        rootIsWritable = false;
      }
      return {
        uid: process.getuid?.() ?? -1,
        interfaces: Object.keys(networkInterfaces()),
        status: readFileSync('/proc/self/status', 'utf8'),
        kernel: readFileSync('/proc/version', 'utf8'),
        rootIsWritable,
      };
    },
    judge: (outcome) => judgeSeen(outcome, (seen) => judgeIsolation(seen as Surroundings)),
  },
  {
    name: 'memory limit',
    limits: { memInMb: 128, wallTimeInS: 30 },
    attempt: () => {
      const kept: Buffer[] = [];
      while (kept.length < 1024) kept.push(Buffer.alloc(1024 * 1024, 1));
      return kept.length;
    },
    judge: (outcome) => {
      // It cannot be looked up in the cgroup of another machine, and Podman does not always tell.
      const isUnexplained =
        outcome.meter === 'engine' &&
        outcome.exitStatus === 'AnythingException' &&
        outcome.exitCode === exitCodeOfSignal('SIGKILL');
      return isUnexplained
        ? {
            ok: true,
            warning: true,
            found: 'kept, though the engine does not always tell that it was for memory that a function was killed',
            hint: 'One that exceeds memInMb may be an AnythingException with exit code 137. To know for certain, run nisher on the machine of the engine',
          }
        : expectStatus(outcome, 'MemorylimitException', `ended at ${(outcome.peakMemory / 2 ** 20).toFixed(0)} of 128 MB`);
    },
  },
  {
    name: 'swap limit',
    limits: { memInMb: 128 },
    attempt: lookForSwap,
    judge: (outcome, info) => judgeSeen(outcome, (seen) => judgeSwap(seen as SwapSeen, info)),
  },
  {
    name: 'processes',
    limits: { numProcesses: 1, wallTimeInS: 30 },
    attempt: async () => {
      const { spawn } = await import('node:child_process');
      return new Promise((resolve, reject) => {
        spawn('/usr/local/bin/node', ['-e', '0']).once('error', reject).once('exit', resolve);
      });
    },
    refusal: /the number of processes cannot be limited$/,
    judge: (outcome) => expectStatus(outcome, 'SubprocessException', `the second was refused (errno ${outcome.osErrno})`),
  },
  {
    name: 'CPU quota',
    limits: { cpus: 0.5, wallTimeInS: 30 },
    attempt: () => {
      const start = performance.now();
      while (performance.now() - start < 1000);
      return true;
    },
    // Half a second was allowed; 0.7 leaves room for the quota's periods of 0.1 s at both ends.
    judge: (outcome) => ({
      ...expectStatus(outcome, 0, `${outcome.cpuTime.toFixed(2)} s of CPU time in 1 s, with cpus 0.5`),
      ...(outcome.exitStatus === 0 && outcome.cpuTime > 0.7 ? { ok: false, hint: notKept } : {}),
    }),
  },
  {
    name: 'CPU time limit',
    limits: { cpuTimeInS: 0.5, wallTimeInS: 30 },
    attempt: () => {
      for (;;);
    },
    judge: (outcome) => expectStatus(outcome, 'CpuTimeoutException', `ended after ${outcome.cpuTime.toFixed(2)} s of 0.5`),
  },
  {
    name: 'wall time limit',
    limits: { wallTimeInS: 0.5 },
    attempt: () => new Promise(() => setInterval(() => {}, 1000)),
    judge: (outcome) => expectStatus(outcome, 'TimeoutException', `ended after ${outcome.wallClockTime.toFixed(2)} s of 0.5`),
  },
];

/** Runs a probe in a container, through the library as anyone would. */
export async function runProbe(
  { name, limits, attempt, judge, refusal }: Probe,
  info: EngineInfo,
  enforce: Enforce,
  context: Context,
): Promise<Check> {
  const outcome = await enforce({ ...limits, captureOutput: true, context })(attempt).run();
  if (outcome.exitStatus !== 'PynisherError') return { name, ...judge(outcome, info) };
  const { message, hint } = splitHint(outcome.error);
  const judged = refusal?.test(message) ? ({ ok: true, warning: true } as const) : { ok: false };
  return { name, ...judged, found: message, ...(hint === undefined ? {} : { hint }) };
}

/** Of a function that looks around, which nothing should keep from returning. */
function judgeSeen(outcome: Outcome, judge: (seen: unknown) => Omit<Check, 'name'>): Omit<Check, 'name'> {
  if (outcome.exitStatus === 0) return judge(outcome.result);
  const { message, hint } = splitHint(outcome.error);
  return { ok: false, found: message, ...(hint === undefined ? {} : { hint }) };
}

function expectStatus(outcome: Outcome, expected: Outcome['exitStatus'], found: string): Omit<Check, 'name'> {
  if (outcome.exitStatus === expected) return { ok: true, found };
  const instead =
    outcome.exitStatus === 0 ? 'the function went on to its end' : `${outcome.exitStatus}: ${splitHint(outcome.error).message}`;
  return { ok: false, found: instead, hint: notKept };
}

/** What gVisor, whatever its version, has in /proc/version. It takes the system calls itself, and ignores what could gain privileges. */
const gvisorsKernel = /^Linux version \S+ #1 SMP Sun Jan 10 15:06:54 PST 2016/;

function judgeIsolation({ uid, interfaces, status, kernel, rootIsWritable }: Surroundings): Omit<Check, 'name'> {
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
  const isGvisor = gvisorsKernel.test(kernel);
  const problems = [
    ...(uid === 0 ? ['runs as root'] : []),
    ...(interfaces.some((name) => name !== 'lo') ? [`has the network ${interfaces.join(', ')}`] : []),
    ...(rootIsWritable ? ['can write to /'] : []),
    // proc(5): no capabilities effective, no new privileges, seccomp mode 2 is a filter.
    ...(/^0+$/.test(field('CapEff') ?? '') ? [] : [`has capabilities ${field('CapEff')}`]),
    ...(isGvisor || field('NoNewPrivs') === '1' ? [] : ['can gain privileges']),
    ...(isGvisor || field('Seccomp') === '2' ? [] : ['can make every system call']),
  ];
  if (problems.length === 0)
    return {
      ok: true,
      found: `unprivileged, no network, no capabilities, ${isGvisor ? "gVisor's kernel" : 'seccomp filter'}, read-only root`,
    };
  return {
    ok: false,
    found: `a function ${problems.join(', ')}`,
    hint: 'Do not run untrusted code on this engine; see docs/security.md',
  };
}
