import * as assert from 'uvu/assert';
import type { Usage } from '../../src/call/sandbox.js';
import { type WatchOptions, watch } from '../../src/call/watch.js';
import { suite } from '../harness.js';
import { createFakeClock } from '../support/fake-clock.js';

const { test } = suite('watch');

const idle: Usage = { cpuInS: 0, memInBytes: 10, peakInBytes: 10, oomKills: 0, pidsRefused: 0 };

/** A watch over a container whose CPU use grows by `rate` cores, on a clock that only moves when told to. */
function watched(options: Partial<WatchOptions> & { rate?: number }) {
  const clock = createFakeClock();
  const events: string[] = [];
  const at = () => clock.now().toFixed(3);
  const watcher = watch({
    wallTimeInS: null,
    cpuTimeInS: null,
    gracePeriodInS: 0,
    cores: 2,
    clock,
    usage: () => ({ ...idle, cpuInS: clock.now() * (options.rate ?? 0) }),
    onNotice: (kind) => events.push(`${at()} notice ${kind}`),
    onKill: (kind) => events.push(`${at()} kill ${kind}`),
    ...options,
  });
  return { clock, events, watcher };
}

test('kills at the wall limit, not before', () => {
  const { clock, events, watcher } = watched({ wallTimeInS: 0.3 });
  watcher.begin();
  clock.advance(0.299);
  assert.equal(events, []);
  clock.advance(0.001);
  assert.equal(events, ['0.300 kill wallTime']);
  assert.equal(watcher.stop, { kind: 'wallTime', killed: true });
});

test('a phase that began before this program came to it has that time, too', () => {
  const { clock, events, watcher } = watched({ wallTimeInS: 0.3 });
  const sentAt = clock.now();
  clock.advance(0.02);
  watcher.begin(null, sentAt);
  clock.advance(0.28);
  assert.equal(events, ['0.300 kill wallTime']);
  watcher.end();
  assert.ok(Math.abs(watcher.used.wallInS - 0.3) < 1e-9, `${watcher.used.wallInS}`);
});

test('one that should be over by then is over at once', () => {
  const { clock, events, watcher } = watched({ wallTimeInS: 0.3 });
  clock.advance(1);
  watcher.begin(null, 0);
  clock.advance(0);
  assert.equal(events, ['1.000 kill wallTime']);
});

test('gives notice first when there is a grace period', () => {
  const { clock, events, watcher } = watched({ wallTimeInS: 1, gracePeriodInS: 0.5 });
  watcher.begin();
  clock.advance(1.2);
  assert.equal(events, ['1.000 notice wallTime']);
  assert.equal(watcher.stop, { kind: 'wallTime', killed: false });
  clock.advance(0.4);
  assert.equal(events, ['1.000 notice wallTime', '1.500 kill wallTime']);
});

test('kills within milliseconds of the CPU limit, with both cores busy', () => {
  const { clock, events, watcher } = watched({ cpuTimeInS: 0.4, rate: 2 });
  watcher.begin();
  clock.advance(1);
  const [first = ''] = events;
  assert.match(first, /kill cpuTime/);
  const killedAt = Number.parseFloat(first);
  assert.ok(killedAt >= 0.2 && killedAt <= 0.215, `killed at ${killedAt}`);
});

test('counts CPU time from the beginning of the phase', () => {
  const { clock, events, watcher } = watched({ cpuTimeInS: 1, rate: 1 });
  clock.advance(5);
  watcher.begin();
  clock.advance(0.9);
  watcher.begin();
  clock.advance(0.9);
  assert.equal(events, []);
  assert.ok(Math.abs(watcher.used.cpuInS - 0.9) < 0.06, `${watcher.used.cpuInS}`);
});

test('the first limit met is the reason, whatever follows in the grace period', () => {
  const { clock, events, watcher } = watched({ wallTimeInS: 1, cpuTimeInS: 1.2, gracePeriodInS: 1, rate: 1 });
  watcher.begin();
  clock.advance(3);
  assert.equal(events, ['1.000 notice wallTime', '2.000 kill wallTime']);
});

test('an abort is a limit like the others', () => {
  const { clock, events, watcher } = watched({ gracePeriodInS: 0.2 });
  watcher.begin();
  clock.advance(0.1);
  watcher.abort();
  watcher.abort();
  clock.advance(1);
  assert.equal(events, ['0.100 notice abort', '0.300 kill abort']);
});

test('after the end nothing is met any more', () => {
  const { clock, events, watcher } = watched({ wallTimeInS: 1, gracePeriodInS: 1 });
  watcher.begin();
  clock.advance(0.5);
  watcher.end();
  watcher.abort();
  clock.advance(5);
  assert.equal(events, []);
  assert.is(watcher.stop, null);
  assert.is(watcher.used.wallInS, 0.5);
  assert.is(clock.pending(), 0);
});

test('ends quietly in the grace period when the function returns', () => {
  const { clock, events, watcher } = watched({ wallTimeInS: 1, gracePeriodInS: 1 });
  watcher.begin();
  clock.advance(1.5);
  watcher.end();
  clock.advance(5);
  assert.equal(events, ['1.000 notice wallTime']);
  assert.equal(watcher.stop, { kind: 'wallTime', killed: false });
});

test('a limit longer than a timer can take (2^31 ms) does not fire at once', () => {
  const { clock, events, watcher } = watched({ wallTimeInS: 30 * 24 * 3600, usage: () => null });
  watcher.begin();
  clock.advance(0.1);
  assert.equal(events, []);
});

test('keeps the highest peak and the last counters when the cgroup is gone', () => {
  const readings: (Usage | null)[] = [
    idle,
    { ...idle, peakInBytes: 500, cpuInS: 0.2, oomKills: 1, pidsRefused: 2 },
    { ...idle, cpuInS: 0.3, peakInBytes: 300, oomKills: 1, pidsRefused: 2 },
  ];
  const { clock, watcher } = watched({ usage: () => readings.shift() ?? null });
  watcher.begin();
  clock.advance(1);
  watcher.end();
  assert.equal(watcher.used, { wallInS: 1, cpuInS: 0.3, peakInBytes: 500, oomKills: 1, pidsRefused: 2, unseenInS: 0.98 });
});
