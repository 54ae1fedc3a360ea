import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { enforceLimits, type LimitOptions, type Outcome } from '../../src/index.js';
import { GuestFrame } from '../../src/wire/protocol.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { patience } from '../support/patience.js';

// Everybody's method: containers that wait for the next call, with the module loaded. What one call does to its own must not reach them.
const { test } = hostileSuite('attacks on the next call of the same function');

/** Time for a container to be there again, and its module to do what it does while it waits; one that waits 10 s is given up. */
const waited = (seconds: number) => sleep(Math.min(seconds * patience, 7.5) * 1000);
const isWarm = ({ timings }: Outcome) => timings.create === 0 && timings.start === 0 && timings.load === 0;

interface Attack {
  limits?: LimitOptions;
  guest: string;
  /** What each call is told, and what must come of it. */
  first: { args?: readonly unknown[]; expected: Partial<Outcome> };
  second: { args?: readonly unknown[]; expected: Partial<Outcome> };
}

const exitedWith = (way: string, limits: LimitOptions, expected: Partial<Outcome>): Attack => ({
  limits,
  guest: 'warm/ends-in-a-way',
  first: { args: [way], expected },
  second: { args: ['returns'], expected: { exitStatus: 0, result: 'returned' } },
});
/** The same call twice, which must find the same. */
const twice = (guest: string, result: unknown): Attack => ({
  guest,
  first: { expected: { exitStatus: 0, result } },
  second: { expected: { exitStatus: 0, result } },
});

const attacks: { readonly [name: string]: Attack } = {
  'built-ins replaced are those of one call': {
    guest: 'warm/replaces-built-ins',
    first: { args: ['attack'], expected: { exitStatus: 0, result: 'attacked' } },
    second: { args: ['look'], expected: { exitStatus: 0, result: '[["a",2]]' } },
  },
  'state of the process is that of one call': twice('warm/leaves-state', []),
  'files are those of one call': twice('file-system/leaves-trace', []),
  'a process left behind, which prints on, is that of one call': twice('warm/leaves-process', ['docker-init', 'node']),
  'an exit ends one call': exitedWith('exits', {}, { exitStatus: 'AnythingException', exitCode: 3 }),
  'SIGKILL ends one call': exitedWith('dies', {}, { exitStatus: 'AnythingException', exitCode: 137, signal: 'SIGKILL' }),
  'an error ends one call': exitedWith('throws', {}, { exitStatus: 'AnythingException', exitCode: 0 }),
  'the memory limit ends one call': exitedWith('eats', { memInMb: 64 }, { exitStatus: 'MemorylimitException', exitCode: 137 }),
  'the wall limit ends one call': exitedWith('works', { wallTimeInS: 2 }, { exitStatus: 'TimeoutException', exitCode: 137 }),
};

for (const [name, { limits, guest: name_, first, second }] of Object.entries(attacks)) {
  test(name, async () => {
    await using limited = enforceLimits({ wallTimeInS: 30, memInMb: 128, captureOutput: true, ...limits })(guest(name_));
    const attacked = await limited.run(...(first.args ?? []));
    assert.equal(fieldsOf(attacked, first.expected), first.expected, attacked.error?.message);
    await waited(1.5);
    const next = await limited.run(...(second.args ?? []));
    assert.equal(fieldsOf(next, second.expected), second.expected, next.error?.message);
    assert.equal([isWarm(next), next.stdout, next.stderr], [true, '', '']);
  });
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const forged: { readonly [name: string]: { type: number; payload?: string } } = {
  'that its arguments are there': { type: GuestFrame.Ready },
  'that it has been loaded again': { type: GuestFrame.Loaded },
  'a value': { type: GuestFrame.Value, payload: json('forged') },
  'the end of a call that has not begun': {
    type: GuestFrame.End,
    payload: json({ status: 'returned', durationInS: 0, valueInBytes: 0 }),
  },
};
for (const [name, { type, payload = '' }] of Object.entries(forged)) {
  test(`a container that says ${name} while it waits costs no call`, async () => {
    const options = { wallTimeInS: 30, memInMb: 128, env: { TYPE: String(type), PAYLOAD: payload } };
    await using limited = enforceLimits(options)(guest('warm/forges-while-waiting'));
    assert.is((await limited.run()).unwrap(), 'returned');
    await waited(5);
    // From another container, which has not said it yet.
    const next = await limited.run();
    assert.equal([next.exitStatus, next.result], [0, 'returned'], next.error?.message);
  });
}

test('what a container prints while it waits belongs to the call that gets it', async () => {
  const options = { wallTimeInS: 30, memInMb: 128, captureOutput: true, env: { HOW: 'slow' } };
  await using limited = enforceLimits(options)(guest('warm/prints-while-waiting'));
  assert.is((await limited.run()).unwrap(), 'returned');
  await waited(3);
  const next = await limited.run();
  assert.equal([next.exitStatus, next.result, isWarm(next)], [0, 'returned', true], next.error?.message);
  assert.match(next.stdout, /^x+$/);
});

test('a container that floods its output while it waits costs no call', async () => {
  const options = { wallTimeInS: 30, memInMb: 128, maxOutputInMb: 1, captureOutput: true, env: { HOW: 'fast' } };
  await using limited = enforceLimits(options)(guest('warm/prints-while-waiting'));
  assert.is((await limited.run()).unwrap(), 'returned');
  await waited(3);
  const next = await limited.run();
  // In another one, or in that, if it did not get to use as much of the CPU.
  assert.equal([next.exitStatus, next.result, next.stderr], [0, 'returned', ''], next.error?.message);
  assert.match(next.stdout, /^x*$/);
  assert.ok(next.wallClockTime < 5 * patience, `${next.wallClockTime} s`);
});

/** The fields of an outcome that are expected to be just so. */
function fieldsOf(outcome: Outcome, expected: Partial<Outcome>): Partial<Outcome> {
  return Object.fromEntries(Object.keys(expected).map((field) => [field, outcome[field as keyof Outcome]])) as Partial<Outcome>;
}
