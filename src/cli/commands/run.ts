import { jsonText } from '../../outcome/json-text.js';
import { outcomeLine } from '../../outcome/outcome-json.js';
import type { ModuleFunction } from '../../targets/target.js';
import { painter } from '../colour.js';
import { defineCommand } from '../command.js';
import { EXIT_INTERNAL, exitCodeOf, exitCodeOfSignal } from '../exit-code.js';
import { formatDropped, formatFailure } from '../format-outcome.js';
import { listenForInterrupt } from '../interrupt.js';
import { parseTarget, parseValue } from '../target.js';
import { parseCount, parseNumber, parseSizeInMb, parseTimeInS } from '../units.js';
import { UsageError } from '../usage-error.js';
import { visibleStream } from '../visible.js';
import { writeTo } from '../write-to.js';

/** In the place of a limit: not even the one that --untrusted would set. */
const NO_LIMIT = 'none';

const text = { type: 'string', requiresArg: true } as const;
const options = {
  mem: { ...text, group: 'Limits:', describe: 'memory of the whole container, e.g. 256MB, 1.5GiB' },
  'cpu-time': { ...text, group: 'Limits:', describe: 'CPU time of all its processes together, e.g. 10s, 300ms' },
  'wall-time': { ...text, group: 'Limits:', describe: 'wall time, e.g. 2s, 1h30m' },
  processes: { ...text, group: 'Limits:', describe: 'processes and threads it may have, itself included' },
  grace: { ...text, group: 'Limits:', describe: 'time between the notice of a limit and the kill (default 0)' },
  cpus: { ...text, group: 'Limits:', describe: 'CPU quota in cores, e.g. 0.5' },
  scratch: { ...text, group: 'Limits:', describe: 'size of its writable /tmp (default 64MB)' },
  'max-output': { ...text, group: 'Limits:', describe: 'what is passed on of its stdout, and of its stderr (default 8MB)' },
  'max-result': { ...text, group: 'Limits:', describe: 'size of the value it returns (default 64MB)' },
  untrusted: {
    type: 'boolean',
    group: 'Limits:',
    describe:
      'the module is source text that anybody may have written: nothing else is read, it is compiled in the container, and has limits where the options above give none',
  },
  root: { ...text, group: 'Files:', describe: 'folder below which files may travel (default: the project)' },
  include: {
    ...text,
    array: true,
    nargs: 1,
    group: 'Files:',
    describe: 'glob of files that travel, relative to the root; repeatable',
  },
  package: {
    ...text,
    array: true,
    nargs: 1,
    group: 'Files:',
    describe: 'package that travels although no import names it; repeatable',
  },
  'pack-time': { ...text, group: 'Files:', describe: 'time that packing may take (default 30s)' },
  env: { ...text, array: true, nargs: 1, group: 'Function:', describe: 'NAME=VALUE for its environment; repeatable' },
  context: {
    ...text,
    group: 'Engine:',
    describe: 'how its container is come by: spawn (default, for a single call) or forkserver',
  },
  image: { ...text, group: 'Engine:', describe: 'image to run in, made by nisher image build' },
  runtime: { ...text, group: 'Engine:', describe: "the engine's OCI runtime, e.g. runsc" },
  engine: { ...text, group: 'Engine:', describe: 'unix://, tcp:// or ssh:// URL (default: as docker finds it)' },
  json: { type: 'boolean', group: 'Output:', describe: 'print the whole outcome as one line of JSON' },
  quiet: { type: 'boolean', alias: 'q', group: 'Output:', describe: 'say nothing of our own on stderr' },
} as const;

export const runCommand = defineCommand({
  words: ['run'],
  positionals: '<module> [arguments..]',
  describe: 'Call a function of a module under limits',
  options,
  build: (argv) =>
    argv
      .positional('module', {
        type: 'string',
        describe: 'MODULE[#EXPORT]: a .js or .ts file, or - for source text on stdin; the default export unless named',
      })
      .positional('arguments', { type: 'string', array: true, describe: 'arguments of the function, each as JSON' }),
  examples: [
    ["$0 run ./sort.ts '[3,1,2]'", 'the default export, called with an array'],
    ['$0 run ./train.js#train --mem 256MB --cpu-time 10s 3', 'the export train, called with 3'],
    ['$0 run ./add.js -- -1e3 -.5', 'arguments that begin with - come after a --'],
    [`$0 run ./greet.js '"text"' --json`, 'a string argument, and all that is known of the call'],
    ['$0 run ./submission.ts --untrusted 5', "somebody else's code, alone in its container"],
    ["echo 'export default (n) => n * 2' | $0 run - 21", 'source text from stdin'],
  ],
  epilogue: [
    'Sizes: 256MiB, 256MB, 1.5g, 64k; MB is 2^20 bytes like MiB, and so is a bare number. Times: 300ms, 2s, 1h30m; a bare number is seconds.',
    'none, for --mem, --cpu-time, --wall-time, --processes and --cpus: no limit, whatever --untrusted says.',
    "stdout is the result alone, one line of JSON; the function's output and what we say go to stderr.",
    "Exit code: 0 ok, 1 the function threw or exited, 2 usage, 124 wall time, 125 our fault or the engine's, 126 operating-system error, " +
      '137 memory, 152 CPU time, 128+n signal n, 130 Ctrl-C.',
  ].join('\n'),
  run: async (args, raw) => {
    const named = parseTarget(String(raw.module));
    const isForeign = args.untrusted === true || named.path === null;
    const words = [...((raw.arguments as string[] | undefined) ?? []), ...((raw['--'] as string[] | undefined) ?? [])];
    const values = words.map((word, index) => parseValue(word, index + 1));
    const given = <T>(name: keyof typeof options, parse: (option: string, value: string) => T): T | undefined => {
      const value = args[name];
      return typeof value === 'string' ? parse(name, value) : undefined;
    };
    const limit = (name: keyof typeof options, parse: (option: string, value: string) => number): number | null | undefined =>
      args[name] === NO_LIMIT ? null : given(name, parse);
    const graceInS = given('grace', (option, value) => parseTimeInS(option, value, { zero: true }));
    const givenLimits = {
      memInMb: limit('mem', parseSizeInMb),
      cpuTimeInS: limit('cpu-time', parseTimeInS),
      wallTimeInS: limit('wall-time', parseTimeInS),
      numProcesses: limit('processes', parseCount),
      cpus: limit('cpus', parseNumber),
      gracePeriodInS: graceInS,
      maxOutputInMb: given('max-output', parseSizeInMb),
      maxResultInMb: given('max-result', parseSizeInMb),
      scratchInMb: given('scratch', parseSizeInMb),
    };

    const { enforceLimits, getContext, untrusted } = await import('../../index.js');
    const { targetOf } = await import('../run-target.js');
    const target = await checked(() =>
      targetOf(named, isForeign, {
        root: args.root,
        include: args.include ?? [],
        packages: args.package ?? [],
        packTimeInS: given('pack-time', parseTimeInS),
      }),
    );
    const say = (line: string) => {
      if (!args.quiet) process.stderr.write(`${line}\n`);
    };
    using interrupt = listenForInterrupt({
      graceInS: graceInS ?? 0,
      say,
      sayAlways: (line) => process.stderr.write(`${line}\n`),
    });
    const limited = await checked(() =>
      enforceLimits({
        ...(args.untrusted ? untrusted : {}),
        ...withoutUndefined(givenLimits),
        env: parseEnv(args.env ?? []),
        captureOutput: true,
        context: getContext((args.context ?? 'spawn') as 'spawn', {
          ...(args.engine === undefined ? {} : { engine: args.engine }),
          ...(args.image === undefined ? {} : { image: args.image }),
          ...(args.runtime === undefined ? {} : { runtime: args.runtime }),
        }),
        signal: interrupt.signal,
        logger: { debug() {}, info: say, warn: say, error: say },
      })(target as ModuleFunction<(...args: unknown[]) => unknown>),
    );

    const call = limited.run(...values);
    const shown = { stdout: visibleStream(), stderr: visibleStream() };
    for await (const { stream, data } of call) await writeTo(process.stderr, isForeign ? shown[stream](data) : data);
    const outcome = await call;
    await limited.close();

    const dropped = formatDropped(outcome);
    if (dropped !== '') say(dropped);
    if (outcome.exitStatus !== 0) say(formatFailure(outcome, painter(process.stderr)));
    const exitCode = interrupt.received === null ? exitCodeOf(outcome) : exitCodeOfSignal(interrupt.received);
    if (!args.json && outcome.exitStatus !== 0) return exitCode;
    const { pieces, problem } = args.json ? outcomeLine(outcome) : jsonText(outcome.result);
    // What `--json` marks would be taken for the value itself here.
    if (args.json || problem === null) await writeLine(pieces);
    if (problem === null) return exitCode;
    say(`${painter(process.stderr)('red', 'nisher:')} The function returned, but ${problem.message}`);
    return EXIT_INTERNAL;
  },
});

/** An option that was not given must not stand in the way of a default. */
function withoutUndefined<T extends object>(options: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

function parseEnv(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1) throw new UsageError(`\`${word}\` is no NAME=VALUE for --env`, 'For example --env LANG=C');
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** What the library refuses in its options was typed by the user. */
async function checked<T>(make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

async function writeLine(pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) await writeTo(process.stdout, piece);
  await writeTo(process.stdout, '\n');
}
