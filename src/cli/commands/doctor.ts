import { readFileSync, statSync } from 'node:fs';
import { formatJson } from '../../outcome/json-text.js';
import { type Paint, painter, visibleWidth } from '../colour.js';
import { defineCommand } from '../command.js';
import { type Check, checkEngineInfo } from '../doctor-checks.js';
import { probes, runProbe } from '../doctor-probes.js';
import { warningsAbout } from '../doctor-warnings.js';
import { engineOption } from '../engine-option.js';
import { splitHint } from '../split-hint.js';

const NAME_WIDTH = Math.max(...probes.map(({ name }) => visibleWidth(name)), 'seccomp profile'.length);

export const doctorCommand = defineCommand({
  words: ['doctor'],
  describe: 'Is there an engine, and are limits kept? Proved with containers',
  options: {
    engine: engineOption,
    image: { type: 'string', requiresArg: true, describe: 'image to try, made by nisher image build' },
    runtime: { type: 'string', requiresArg: true, describe: "the engine's OCI runtime to try, e.g. runsc" },
    json: { type: 'boolean', describe: 'print all of it as one line of JSON' },
  },
  examples: [['$0 doctor --engine ssh://me@host', 'how well another machine would do']],
  epilogue:
    'Exit code: 0 when all is well, 1 when something is not. A warning (!) is no failure: limits are kept, isolation is weaker.',
  run: async ({ engine, image, runtime, json }) => {
    const paint = painter(process.stdout);
    const checks: Check[] = [];
    // Each as it is known: a probe takes up to a second.
    const add = (check: Check) => {
      checks.push(check);
      if (!json) console.log(formatCheck(check, paint));
    };
    await examine({ engine, image, runtime }, add);
    const problems = checks.filter(({ ok }) => !ok).length;
    if (json) console.log(formatJson({ ok: problems === 0, checks }));
    else console.log(`\n${conclude(checks)}`);
    return problems === 0 ? 0 : 1;
  },
});

type Subject = Record<'engine' | 'image' | 'runtime', string | undefined>;

async function examine({ engine, image, runtime }: Subject, add: (check: Check) => void): Promise<void> {
  const { connect } = await import('../../engine/connect.js');
  const connected = await connect(engine ?? null).catch((error: unknown) => error as Error);
  if (connected instanceof Error) {
    const { message, hint } = splitHint(connected);
    add({ name: 'engine', ok: false, found: message, ...(hint === undefined ? {} : { hint }) });
    return;
  }
  const { info, endpoint } = connected;
  add({ name: 'engine', ok: true, found: `${endpoint.url} (${endpoint.source})` });
  add({ name: 'version', ok: true, found: `${info.flavour} ${info.version} on ${info.operatingSystem}, ${info.cores} cores` });
  for (const check of checkEngineInfo(info)) add(check);
  const isHere = endpoint.kind === 'unix';
  const socketMode = isHere ? modeOf(endpoint.path) : null;
  const ioUringDisabled = isHere ? readSysctl('kernel/io_uring_disabled') : null;
  for (const check of warningsAbout({ info, endpoint, socketMode, ioUringDisabled, runtime: runtime ?? null })) add(check);

  const { enforceLimits, getContext } = await import('../../index.js');
  const context = getContext('spawn', {
    ...(engine === undefined ? {} : { engine }),
    ...(image === undefined ? {} : { image }),
    ...(runtime === undefined ? {} : { runtime }),
  });
  for (const probe of probes) {
    const check = await runProbe(probe, info, enforceLimits, context);
    add(check);
    // Without a container there is nothing else to prove.
    if (!check.ok && probe === probes[0]) return;
  }
}

function modeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? null;
}

function readSysctl(name: string): string | null {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return null;
  }
}

function conclude(checks: readonly Check[]): string {
  const failed = checks.filter(({ ok }) => !ok).length;
  const warnings = checks.filter(({ warning }) => warning).length;
  const first =
    failed === 0 ? `All ${checks.length - warnings} checks passed` : `${failed} of ${checks.length - warnings} checks failed`;
  return warnings === 0 ? first : `${first}, ${warnings} warning${warnings === 1 ? '' : 's'}`;
}

function formatCheck({ name, ok, warning, found, hint }: Check, paint: Paint): string {
  const sign = ok ? (warning ? paint('yellow', '!') : paint('green', '✓')) : paint('red', '✗');
  const line = `${sign} ${name.padEnd(NAME_WIDTH)}  ${found}`;
  return hint === undefined ? line : `${line}\n  ${' '.repeat(NAME_WIDTH)}  ${paint('yellow', 'hint:')} ${hint}`;
}
