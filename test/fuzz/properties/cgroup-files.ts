import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { parseKey, parseNumber } from '../../../src/engine/cgroup-counters.js';
import { findCgroup } from '../../../src/engine/cgroup-path.js';
import { openCgroupMeter } from '../../../src/engine/usage.js';
import type { Fuzzed } from '../fuzzed.js';

const number = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom('0', '18446744073709551615', '9'.repeat(400), 'max', '-1', '1e9', '0x10', ' 1', '1.5', ''),
);
const line = fc
  .tuple(fc.constantFrom('oom_kill', 'max', 'usage_usec', 'oom', 'oom_kill_disable', '', ' oom_kill'), number)
  .map(([key, value]) => `${key} ${value}`);
const text = fc.oneof(
  number.map((value) => `${value}\n`),
  fc.array(line, { maxLength: 5 }).map((lines) => lines.join('\n')),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

function assertIsCount(value: number): void {
  assert.ok(Number.isFinite(value) && value >= 0, `${value} is no count`);
}

/** A finite number that is not negative, or an Error (of a file that is one number), whatever stands there. */
export const counters: Fuzzed = {
  name: 'cgroup-counters',
  quickRuns: 2000,
  property: fc.property(text, fc.constantFrom('oom_kill', 'max', 'usage_usec'), (file, key) => {
    assertIsCount(parseKey(file, key));
    try {
      assertIsCount(parseNumber(file));
    } catch (error) {
      assert.match((error as Error).message, 'Expected a number');
    }
  }),
};

const id = 'c0ffee'.repeat(10);
const segment = fc.constantFrom('docker', id, `docker-${id}.scope`, '..', '.', '', 'a b', 'sys\\040tem', '\\134', '\\777');
const folder = fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
const controllers = fc.constantFrom('memory', 'pids', 'cpuacct', 'cpu,cpuacct', '', 'name=systemd', 'memory,pids,cpuacct');
const hierarchies = fc
  .array(
    fc.tuple(fc.nat(20), controllers, folder).map((parts) => parts.join(':')),
    { maxLength: 6 },
  )
  .map((lines) => lines.join('\n'));
const mounts = fc
  .array(
    fc.oneof(
      fc
        .tuple(folder, folder, fc.constantFrom('cgroup', 'cgroup2', 'tmpfs'), controllers)
        .map(([root, point, type, names]) => `1 2 0:3 ${root} ${point} rw - ${type} x rw,${names}`),
      fc.string({ maxLength: 30 }),
    ),
    { maxLength: 6 },
  )
  .map((lines) => lines.join('\n'));

/** Never a folder that is not the container's own, and not below a cgroup file system. */
export const cgroupPath: Fuzzed = {
  name: 'cgroup-path',
  quickRuns: 2000,
  property: fc.property(hierarchies, mounts, (processCgroup, mountInfo) => {
    const found = findCgroup(processCgroup, mountInfo, id);
    if (found === null) return;
    const folders = found.version === 2 ? [found.unified] : [found.cpuacct, found.memory, found.pids];
    const isBelowMount = (place: string) =>
      mountInfo.split('\n').some((mount) => {
        const point = mount
          .split(' ')[4]
          ?.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));
        return point !== undefined && place.startsWith(path.posix.normalize(point).replace(/\/$/, ''));
      });
    for (const place of folders) {
      assert.not.ok(place.split('/').includes('..'), place);
      assert.ok(isBelowMount(place), place);
    }
  }),
};

const v1Files = ['cpuacct.usage', 'memory.usage_in_bytes', 'memory.max_usage_in_bytes', 'memory.oom_control', 'pids.events'];
const v2Files = ['cpu.stat', 'memory.current', 'memory.peak', 'memory.events', 'pids.events'];

/** A reading of whatever stands in the files is five counts, or null. */
export const cgroupMeter: Fuzzed = {
  name: 'cgroup-meter',
  quickRuns: 100,
  property: fc.property(
    fc.constantFrom<1 | 2>(1, 2),
    fc.array(fc.option(text), { minLength: 5, maxLength: 5 }),
    fc.boolean(),
    (version, texts, resets) => {
      const place = mkdtempSync(path.join(tmpdir(), 'nisher-fuzz-'));
      try {
        for (const [n, name] of (version === 1 ? v1Files : v2Files).entries()) {
          const content = texts[n];
          if (content !== null && content !== undefined) writeFileSync(path.join(place, name), content, 'latin1');
        }
        const meter = openCgroupMeter(
          version === 2 ? { version, unified: place } : { version, cpuacct: place, memory: place, pids: place },
        );
        if (meter === null) return;
        if (resets) meter.resetPeak();
        const usage = meter.read();
        for (const count of Object.values(usage ?? {})) assertIsCount(count);
        meter.close();
        assert.is(meter.read(), null);
      } finally {
        rmSync(place, { recursive: true });
      }
    },
  ),
};
