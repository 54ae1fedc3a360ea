import yargs, { type Argv } from 'yargs';
import { closestTo } from '../closest.js';
import { painter } from './colour.js';
import type { Command } from './command.js';
import { doctorCommand } from './commands/doctor.js';
import { engineStartCommand } from './commands/engine-start.js';
import { engineStatusCommand } from './commands/engine-status.js';
import { engineStopCommand } from './commands/engine-stop.js';
import { gcCommand } from './commands/gc.js';
import { imageBuildCommand } from './commands/image-build.js';
import { imageLsCommand } from './commands/image-ls.js';
import { imageRmCommand } from './commands/image-rm.js';
import { runCommand } from './commands/run.js';
import { formatError } from './format-error.js';
import { withStdinWritten } from './target.js';
import { UsageError } from './usage-error.js';
import { packageVersion } from './version.js';

const commands: readonly Command[] = [
  runCommand,
  doctorCommand,
  engineStartCommand,
  engineStopCommand,
  engineStatusCommand,
  imageBuildCommand,
  imageLsCommand,
  imageRmCommand,
  gcCommand,
];
/** Commands that only hold others. */
const groups: Readonly<Record<string, string>> = {
  engine: 'A private engine, where the machine has none',
  image: 'Images that functions run in',
};
const COMPLETION = 'completion';
const globalOptions = ['help', 'version'];

/** Runs the command line `words` (without node and script) and gives the exit code; everything that goes wrong is said on stderr. */
export async function main(words: readonly string[]): Promise<number> {
  process.exitCode = 0;
  const argv = withStdinWritten(words);
  const parser = makeParser(argv);
  try {
    if (argv.length === 0)
      throw new UsageError('No command', `The commands are ${topLevelWords().join(', ')}; see nisher --help`);
    await parser.parseAsync();
    return Number(process.exitCode);
  } catch (error) {
    const { text, exitCode } = formatError(error, painter(process.stderr));
    process.stderr.write(`${text}\n`);
    return exitCode;
  }
}

function makeParser(argv: readonly string[]): Argv {
  const parser: Argv = yargs(argv)
    .scriptName('nisher')
    .usage(
      '$0 COMMAND\n\nLimits what one call of a JavaScript or TypeScript function may use: each runs in a container of its own.',
    )
    // Numbers stay text: ours have units, and a function's arguments are JSON. Its errors stay English: we read them below.
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'boolean-negation': false,
      'populate--': true,
    })
    .detectLocale(false)
    .exitProcess(false)
    .fail((message, error) => {
      if (error !== undefined && error !== null && error.name !== 'YError') throw error;
      throw wrongCommandLine(message ?? error.message, argv);
    })
    .strict()
    .help('help')
    .alias('help', 'h')
    .version(packageVersion())
    // Not by yargs's own completion(): where that is not to end the process, it prints the script, and then knows no such command.
    .command(COMPLETION, 'Print a completion script for bash or zsh', {}, () => void parser.showCompletionScript())
    .example('$0 run ./train.js#train --mem 256MB --cpu-time 10s 3', 'call train(3) under limits')
    .example('$0 doctor', 'is there an engine, and does it keep limits?')
    .example('$0 completion >> ~/.bashrc', 'complete commands and options with Tab')
    .wrap(Math.min(120, process.stdout.columns ?? 100));
  for (const { module, words } of commands) if (words.length === 1) parser.command(module);
  for (const [group, describe] of Object.entries(groups)) {
    parser.command(
      group,
      describe,
      (nested) => {
        for (const { module, words } of commands) if (words.length === 2 && words[0] === group) nested.command(module);
        return nested.usage(`$0 ${group} COMMAND\n\n${describe}`);
      },
      () => {
        throw new UsageError(`\`nisher ${group}\` needs a command`, `Its commands are ${wordsIn(group).join(', ')}`);
      },
    );
  }
  return parser;
}

/** What yargs says of a wrong command line, as an error that names the command or option that was probably meant. */
function wrongCommandLine(message: string, argv: readonly string[]): UsageError {
  const command = commands.find(({ words }) => words.every((word, index) => argv[index] === word));
  const group = argv[0] !== undefined && argv[0] in groups ? argv[0] : undefined;
  const help = `See nisher ${[...(command?.words ?? [group ?? []].flat()), '--help'].join(' ')}`;
  const unknown = /^Unknown (?:argument|command)s?: (.+)$/.exec(message)?.[1]?.split(', ')[0];
  if (unknown === undefined) return new UsageError(clearer(message, command), help);
  const word = argv.find((given) => given.startsWith('-') && given.replace(/^-+|=.*/gs, '').startsWith(unknown));
  if (word !== undefined) {
    if (/^-[\d.]/.test(word))
      return new UsageError(`Unknown option ${word}`, 'Arguments that begin with - come last, after a --');
    const meant = unknown.length === 1 ? undefined : closestTo(unknown, [...(command?.optionNames ?? []), ...globalOptions]);
    return new UsageError(
      `Unknown option ${word.replace(/=.*/s, '')}`,
      meant === undefined ? help : `Did you mean --${meant}?`,
    );
  }
  if (command !== undefined) return new UsageError(`Unknown argument \`${unknown}\``, help);
  const meant = closestTo(unknown, group === undefined ? topLevelWords() : wordsIn(group));
  return new UsageError(`Unknown command \`${unknown}\``, meant === undefined ? help : `Did you mean ${meant}?`);
}

/** yargs counts what is missing; its name is more use. */
function clearer(message: string, command: Command | undefined): string {
  if (!message.startsWith('Not enough non-option arguments') || command === undefined) return message.replaceAll('\n', ' ');
  const needed = /<.+?>/.exec(String(command.module.command))?.[0];
  return `\`nisher ${command.words.join(' ')}\` needs ${needed?.toUpperCase() ?? 'more'}`;
}

function topLevelWords(): string[] {
  return [...new Set([...commands.map(({ words }) => words[0] ?? ''), COMPLETION])];
}

function wordsIn(group: string): string[] {
  return commands.flatMap(({ words }) => (words[0] === group && words[1] !== undefined ? [words[1]] : []));
}
