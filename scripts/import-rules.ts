/** May files under `from` import what lies under `to`? A path ends in `/` for a folder; `runtime` is false where only types may be. */
export interface ImportRule {
  from: string;
  /** Beside its own folder. `types:` in front: types alone. */
  may: readonly string[];
  why: string;
}

/** The first rule that fits a file is its rule. Test, bench, example and script files have none. */
export const importRules: readonly ImportRule[] = [
  { from: 'src/wire/', may: [], why: 'both sides of the wire share it, and the container has nothing else' },
  { from: 'src/exceptions.ts', may: [], why: 'the guest carries it too' },
  { from: 'src/untrusted.ts', may: ['types:src/limits.ts'], why: 'the guest carries it too' },
  { from: 'src/closest.ts', may: [], why: 'everybody uses it' },
  { from: 'src/own-environment.ts', may: [], why: 'whoever starts a process uses it' },
  {
    from: 'src/call/classify.ts',
    may: ['types:src/call/evidence.ts', 'types:src/exceptions.ts', 'types:src/wire/protocol.ts'],
    why: 'a verdict depends on the evidence alone',
  },
  { from: 'src/outcome/', may: ['types:src/exceptions.ts', 'types:src/outcome.ts'], why: 'how an outcome is written' },
  { from: 'src/options/', may: ['src/closest.ts'], why: 'every check of options uses it' },
  {
    from: 'src/targets/',
    may: ['src/options/', 'src/wire/guest-library.ts'],
    why: 'a target is only described: packing stands on it',
  },
  {
    from: 'src/payload/',
    may: ['src/targets/', 'src/closest.ts', 'src/own-environment.ts', 'src/wire/protocol.ts', 'src/wire/guest-library.ts'],
    why: 'a payload knows nothing of containers',
  },
  {
    from: 'src/engine/',
    may: [
      'types:src/call/sandbox.ts',
      'src/wire/protocol.ts',
      'src/exceptions.ts',
      'src/closest.ts',
      'src/own-environment.ts',
      'runner-image/guest-files.ts',
      'runner-image/rootfs.ts',
    ],
    why: 'an engine knows nothing of functions and calls',
  },
  {
    from: 'src/call/',
    may: [
      'src/payload/',
      'src/wire/',
      'src/outcome/',
      'src/exceptions.ts',
      'src/limits.ts',
      'src/outcome.ts',
      'types:src/context.ts',
    ],
    why: 'a call sees the engine through call/sandbox.ts only',
  },
  { from: 'src/cli/', may: ['src/', 'runner-image/'], why: 'the command line stands on everything' },
  {
    from: 'runner-image/',
    may: ['src/wire/', 'src/exceptions.ts', 'src/untrusted.ts', 'src/own-environment.ts'],
    why: 'it is bundled into the container',
  },
  {
    from: 'src/',
    may: ['src/call/', 'src/options/', 'src/payload/', 'src/targets/', 'src/engine/', 'src/*'],
    why: 'nothing stands on the command line',
  },
];

/** Packages that only one folder may load. */
export const packageRules: readonly { package: string; only: readonly string[]; why: string }[] = [
  { package: 'dockerode', only: ['src/engine/'], why: 'a second engine will come' },
  { package: 'yargs', only: ['src/cli/'], why: 'the library parses no command line' },
  { package: 'uvu', only: ['test/'], why: 'it is a development dependency' },
];
