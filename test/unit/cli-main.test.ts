import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from '../harness.js';
import { runCli } from '../support/run-cli.js';

const { test } = suite('command line', { timeoutInS: 30 });

const wrong: [string[], RegExp][] = [
  [[], /No command\n.*run, doctor, engine, image, gc, completion/],
  [['rnu', 'a.js'], /Unknown command `rnu`\n.*Did you mean run\?/],
  [['frobnicate'], /Unknown command `frobnicate`\n.*See nisher --help/],
  [['engine'], /`nisher engine` needs a command\n.*start, stop, status/],
  [['engine', 'strat'], /Unknown command `strat`\n.*Did you mean start\?/],
  [['--versoin'], /Unknown option --versoin\n.*Did you mean --version\?/],
  [['run'], /`nisher run` needs <MODULE>\n.*See nisher run --help/],
  [['run', 'a.js', '--mme', '1'], /Unknown option --mme\n.*Did you mean --mem\?/],
  [['run', 'a.js', '--wal-time=1'], /Unknown option --wal-time\n.*Did you mean --wall-time\?/],
  [['run', 'a.js', '--quite'], /Did you mean --quiet\?/],
  [['run', 'a.js', '--colourful'], /Unknown option --colourful\n.*See nisher run --help/],
  [['run', 'a.js', '-z'], /Unknown option -z\n/],
  [['run', 'a.js', '--mem'], /mem/],
  [['run', 'a.js', '--mem', '1', '--mem', '2'], /--mem was given 2 times/],
  [['run', 'a.js', '--mem', '5x'], /`5x` is no size for --mem\n.*256MiB/],
  [['run', 'a.js', '--wall-time', '0'], /--wall-time must be more than 0, got `0`/],
  [['run', 'a.js', '--processes', '0'], /--processes must be more than 0, got `0`/],
  [['run', 'a.js', '--cpus', 'all'], /`all` is no number for --cpus/],
  [['run', 'a.js', '--env', 'A'], /`A` is no NAME=VALUE for --env/],
  [['run', 'a.js', '--context', 'fork'], /getContext\('fork'\) cannot exist here/],
  [['run', 'a.js', '--context', 'spoon'], /'spawn' or 'forkserver', got 'spoon'/],
  [['run', 'a.js', '--engine', 'nowhere'], /Expected `engine` to be a URL.*got `nowhere`/],
  [['run', '#main'], /`#main` names no module/],
  [['run', 'a.js#'], /`a\.js#` names no export/],
  [['run', 'a.js', 'hello'], /Argument 1, `hello`, is no JSON\n.*'"hello"'/],
  [['run', 'a.js', '1', "it's"], /Argument 2, `it's`, is no JSON\n.*'"it'\\''s"'/],
  [['run', 'a.js', '-1e3'], /Unknown option -1e3\n.*after a --/],
  [['doctor', '--', 'me'], /Unknown argument `me`/],
  [['image', 'rm'], /Which images\?/],
  [['doctor', 'me'], /Unknown argument `me`/],
];

for (const [words, expected] of wrong) {
  test(`nisher ${words.join(' ')}: exit 2`, async () => {
    const { exitCode, stdout, stderr } = await runCli(words);
    assert.match(stderr, expected);
    assert.is(exitCode, 2);
    assert.is(stdout, '');
    // One message and its hint, no stack, no colours where there is no terminal.
    assert.ok(stderr.trimEnd().split('\n').length <= 2, stderr);
    assert.not(stderr.includes('\u001b'));
  });
}

for (const words of [[], ['run'], ['doctor'], ['engine'], ['engine', 'start'], ['image'], ['image', 'build'], ['gc']]) {
  test(`nisher ${[...words, '--help'].join(' ')}`, async () => {
    const { exitCode, stdout, stderr } = await runCli([...words, '--help']);
    assert.is(exitCode, 0, stderr);
    assert.is(stderr, '');
    assert.match(stdout, ['engine', 'image'].includes(words.join(' ')) ? /Commands:/ : /Examples:/);
    assert.match(stdout, `nisher ${words.join(' ')}`.trimEnd());
  });
}

test('--version is the version of the package', async () => {
  const { stdout, exitCode } = await runCli(['--version']);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  assert.is(exitCode, 0);
  assert.is((await runCli(['run', '--version'])).stdout, stdout);
});

test('--version loads nothing but its own two files', async () => {
  // Node tells of every module it loads.
  const { stderr } = await runCli(['--version'], { env: { NODE_DEBUG: 'esm' } });
  const loaded = new Set(stderr.match(/file:\/\/\S+?\/src\/[\w/-]+\.ts/g)?.map((url) => url.replace(/.*\/src\//, '')));
  assert.equal([...loaded].sort(), ['cli/bin.ts', 'cli/version.ts']);
  for (const heavy of ['yargs', 'dockerode']) assert.not(stderr.includes(`node_modules/${heavy}`), `${heavy} was loaded`);
});

test('completion: a script for the shell, and the words it asks for', async () => {
  const { exitCode, stdout, stderr } = await runCli(['completion']);
  assert.equal([exitCode, stderr], [0, '']);
  assert.match(stdout, '--get-yargs-completions');
  const words = await runCli(['--get-yargs-completions', 'nisher', 'engine', '']);
  for (const word of ['start', 'stop', 'status']) assert.match(words.stdout, word);
});

test('a reader that has seen enough is no error', async () => {
  const bin = fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), bin, 'run', '--help'], { stdio: 'pipe' });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  assert.equal([exitCode, stderr], [0, '']);
});
