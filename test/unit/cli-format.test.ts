import * as assert from 'uvu/assert';
import { painter, visibleWidth, wantsColour } from '../../src/cli/colour.js';
import { formatError } from '../../src/cli/format-error.js';
import { formatFailure } from '../../src/cli/format-outcome.js';
import { formatTable } from '../../src/cli/format-table.js';
import { UsageError } from '../../src/cli/usage-error.js';
import { visible, visibleStream } from '../../src/cli/visible.js';
import { getContext } from '../../src/context.js';
import { enforceLimits } from '../../src/enforce-limits.js';
import { AnythingException, PynisherError } from '../../src/exceptions.js';
import { suite } from '../harness.js';

const { test } = suite('what the command line says');
const plain = painter({ isTTY: false });

test('colour: on a terminal only, and not with NO_COLOR or a dumb one', () => {
  assert.is(wantsColour({ isTTY: true }, {}), true);
  assert.is(wantsColour({ isTTY: true }, { NO_COLOR: '1' }), false);
  // https://no-color.org: an empty one does not count.
  assert.is(wantsColour({ isTTY: true }, { NO_COLOR: '' }), true);
  assert.is(wantsColour({ isTTY: true }, { TERM: 'dumb' }), false);
  assert.is(wantsColour({}, {}), false);
});

test('a table lines up, whatever is coloured in it', () => {
  const rows = [['\u001b[31mred\u001b[39m', 'b'], ['longer', 'ü', 'c'], ['x']];
  assert.is(formatTable(rows), '\u001b[31mred\u001b[39m     b\nlonger  ü  c\nx');
  assert.is(formatTable([]), '');
  assert.is(visibleWidth('\u001b[31mré\u001b[39m'), 2);
});

test('an error of the library: message, then its hint on a line of its own', () => {
  const error = new PynisherError('No engine', { hint: 'Start one' });
  assert.equal(formatError(error, plain, false), { text: 'nisher: No engine\n  hint: Start one', exitCode: 125 });
});

test('what a failed call says of the engine names the options of the command, what the function says is left as it is', async () => {
  const context = getContext('spawn', { engine: 'unix:///nowhere/docker.sock' });
  const outcome = await enforceLimits({ context })(() => 1).run();
  assert.ok(outcome.exitStatus === 'PynisherError');
  assert.match(formatFailure(outcome, plain), /\(option `--engine`\)[\s\S]*\n {2}hint: .*`--engine`, or DOCKER_HOST/);
  const thrown = {
    ...outcome,
    exitStatus: 'AnythingException' as const,
    error: new AnythingException('`engine` is undefined'),
  };
  assert.match(formatFailure(thrown, plain), /AnythingException: `engine` is undefined/);
});

test('a wrong command line: exit code 2, with or without a hint', () => {
  assert.equal(formatError(new UsageError('No', 'Yes'), plain, false), { text: 'nisher: No\n  hint: Yes', exitCode: 2 });
  assert.equal(formatError(new UsageError('No'), plain, false), { text: 'nisher: No', exitCode: 2 });
});

test('a bug of ours is called one; its stack, and that of its cause, with NISHER_DEBUG', () => {
  const error = new TypeError('x is undefined', { cause: new Error('the root of it') });
  assert.match(formatError(error, plain, false).text, /bug in nisher; NISHER_DEBUG=1/);
  assert.not.match(formatError(error, plain, false).text, /\n\s+at /);
  assert.match(formatError(error, plain, true).text, /at .*cli-format[\s\S]*Caused by: Error: the root of it\n\s+at /);
});

test('even a thrown string', () => assert.equal(formatError('oh', plain), { text: 'nisher: oh', exitCode: 125 }));

test('what would act on a terminal is shown, whatever form it has', () => {
  assert.is(visible('\u001b]0;title\u0007 \u009b2J \rover\b\u007f'), '\\x1b]0;title\\x07 \\x9b2J \\x0dover\\x08\\x7f');
  assert.is(visible('line\n\tÄ€𝄞'), 'line\n\tÄ€𝄞');
});

test('what turns text around, has no width, or ends a line, is shown as an escape', () => {
  assert.is(
    visible('a\u202eb\u2066c\u2028d\u200be\ufefff\u{e0041}'),
    'a\\u202eb\\u2066c\\u2028d\\u200be\\ufefff\\udb40\\udc41',
  );
});

test("further lines of a function's message cannot be taken for lines of nisher's", async () => {
  const returned = await enforceLimits({ context: getContext('spawn', { engine: 'unix:///nowhere/docker.sock' }) })(
    () => 1,
  ).run();
  assert.ok(returned.exitStatus === 'PynisherError');
  const message = 'a\n  hint: run this\nwall 0.00 s · CPU 0.00 s';
  const outcome = { ...returned, exitStatus: 'AnythingException' as const, error: new AnythingException(message) };
  assert.match(formatFailure(outcome, plain), /^AnythingException: a\n {2}\| {3}hint: run this\n {2}\| wall 0\.00 s/);
});

test('a character that comes in pieces is one', () => {
  const shown = visibleStream();
  // U+009B, a control character, is c2 9b in UTF-8; U+20AC, the euro, e2 82 ac.
  const pieces = [[0xc2], [0x9b, 0x32, 0xe2], [0x82], [0xac], [0xff]];
  assert.is(pieces.map((bytes) => shown(Uint8Array.from(bytes))).join(''), '\\x9b2€\ufffd');
});
