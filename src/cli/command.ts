import type { Argv, CommandModule, InferredOptionTypes, Options } from 'yargs';
import { UsageError } from './usage-error.js';

/** One command as main.ts registers it. Names of options are kept beside it, to suggest the one that was meant. */
export interface Command {
  /** Words that lead to it: `['engine', 'start']`. */
  readonly words: readonly string[];
  readonly optionNames: readonly string[];
  readonly module: CommandModule;
}

interface Definition<O extends Record<string, Options>> {
  words: readonly string[];
  /** yargs' notation of what follows the words: `<module> [json..]`. */
  positionals?: string;
  describe: string;
  options: O;
  examples: readonly [command: string, description: string][];
  /** Text under the options. */
  epilogue?: string;
  build?: (argv: Argv) => Argv;
  /** Does it, and gives the exit code. */
  run: (args: InferredOptionTypes<O>, raw: Readonly<Record<string, unknown>>) => Promise<number>;
}

/** A command from its definition; the one place where ours meet yargs' shapes. */
export function defineCommand<O extends Record<string, Options>>(definition: Definition<O>): Command {
  const { words, positionals, describe, options, examples, epilogue, build, run } = definition;
  const optionNames = Object.entries(options).flatMap(([name, { alias }]) => [name, ...[alias ?? []].flat()]);
  return {
    words,
    optionNames,
    module: {
      command: [words.at(-1), positionals].filter(Boolean).join(' '),
      describe,
      builder: (argv) => {
        const built = (build?.(argv) ?? argv).options(options).example(examples);
        return epilogue === undefined ? built : built.epilogue(epilogue);
      },
      handler: async (raw) => {
        for (const name of Object.keys(options)) refuseTwice(name, raw[name], options[name]);
        const [surplus] = (raw['--'] as string[] | undefined) ?? [];
        if (surplus !== undefined && positionals === undefined) throw new UsageError(`Unknown argument \`${surplus}\``);
        process.exitCode = await run(raw as InferredOptionTypes<O>, raw);
      },
    },
  };
}

/** yargs makes an array of an option given twice, whatever its type says. */
function refuseTwice(name: string, value: unknown, option: Options | undefined): void {
  if (Array.isArray(value) && option?.array !== true)
    throw new UsageError(`--${name} was given ${value.length} times`, 'Give it once');
}
