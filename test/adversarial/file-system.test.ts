import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import * as assert from 'uvu/assert';
import { enforceLimits } from '../../src/index.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { noMachineCode, programOf } from '../support/machine-code.js';
import { patience } from '../support/patience.js';

const { cases, test } = hostileSuite('hostile use of the file system');
const readOnly = { exitStatus: 'SubprocessException', osErrno: 30 } as const;
const noSpace = { exitStatus: 'SubprocessException', osErrno: 28 } as const;

const refusedEverything = {
  write: 'EROFS',
  // Rights are looked at first.
  truncate: 'EACCES',
  remove: 'EROFS',
  rename: 'EROFS',
  link: 'EROFS',
  symlink: 'EROFS',
  chmod: 'EROFS',
  touch: 'EROFS',
};
const unchangeable = ['/etc/passwd', '/usr/local/bin/node', '/nisher/runner.cjs', '/nisher/session.cjs'];
cases(
  Object.fromEntries(
    unchangeable.map((file) => [
      `${file} cannot be changed in any way`,
      {
        call: guest('file-system/changes-system-files'),
        args: [file],
        expected: { exitStatus: 0, result: refusedEverything } as const,
      },
    ]),
  ),
);

cases({
  'there are four folders to write in': {
    call: guest('file-system/writes-everywhere'),
    expected: { exitStatus: 0, result: ['/app', '/dev/mqueue', '/dev/shm', '/tmp'] },
  },
  'its own code deleted keeps no value back': {
    call: guest('file-system/deletes-own-code'),
    expected: { exitStatus: 0, result: [] },
  },
  'a link leads to what may not be written': {
    call: guest('file-system/follows-link'),
    args: ['/etc/passwd'],
    expected: readOnly,
  },
  "a link to the init's root leads to the same": {
    call: guest('file-system/follows-link'),
    args: ['/proc/1/root/etc/passwd'],
    expected: readOnly,
  },
  'a link to itself leads nowhere': {
    call: guest('file-system/follows-link'),
    args: ['/tmp/link'],
    expected: { exitStatus: 'SubprocessException', osErrno: 40 },
  },
  'links that lead out of the container are followed by nobody': {
    call: guest('file-system/leaves-links'),
    expected: { exitStatus: 0, result: 'left' },
  },
  'a working directory that is gone keeps no value back': {
    call: guest('file-system/loses-working-directory'),
    expected: { exitStatus: 0, result: 5 },
  },
  'a sparse file takes no space': {
    call: guest('file-system/makes-sparse-file'),
    expected: { exitStatus: 0, result: { size: 2 ** 40 + 1, isSmall: true } },
  },
  'a sparse file that is filled meets the size of /tmp': {
    limits: { scratchInMb: 8 },
    call: guest('file-system/fills-sparse-file'),
    expected: noSpace,
  },
  'a million files meet the memory limit': {
    limits: { memInMb: 96, wallTimeInS: 60 },
    call: guest('file-system/makes-many-files'),
    args: [1e6],
    expected: { exitStatus: 'MemorylimitException', exitCode: 137 },
  },
  'names of any bytes come back as bytes': {
    call: guest('file-system/makes-odd-names'),
    expected: {
      exitStatus: 0,
      result: [Buffer.from('\n\x1b[2J\r'), Buffer.from('-rf *'), Buffer.alloc(255, 'x'), Buffer.from([0xff, 0xfe, 0x80])],
    },
  },
  'folders deeper than a path can say are gone with the container': {
    call: guest('file-system/digs-folders'),
    args: [500],
    expected: { exitStatus: 0, result: 500 },
  },
  "nothing of the kernel's settings can be written": {
    call: guest('file-system/touches-kernel-files'),
    args: [['/proc/sys', '/sys']],
    expected: { exitStatus: 0, result: { tried: true, writable: [] } },
  },
  'nothing else of what the kernel shows in /proc can be written': {
    call: guest('file-system/touches-kernel-files'),
    args: [['/proc', '/proc/self/net']],
    expected: { exitStatus: 0 },
    check({ result }) {
      const { tried, writable } = result as { tried: boolean; writable: string[] };
      // Linux 6.5 lets everybody ask to be told of pressure, in a way that costs it nothing.
      assert.equal([tried, writable.filter((file) => !file.startsWith('/proc/pressure/'))], [true, []]);
    },
  },
  'to be told of pressure in real time, by a thread of the kernel, is refused': {
    call: guest('file-system/asks-for-pressure'),
    args: ['some 100000 1000000'],
    expected: { exitStatus: 0 },
    // Where files of pressure are there at all, and can be opened to write.
    check: ({ result }) =>
      assert.ok(['EINVAL', 'EPERM', 'EACCES', 'ENOENT', 'EOPNOTSUPP'].includes(result as string), `${result}`),
  },
});

const [mknod, fifo] = [133, 0o10666];
if (noMachineCode === null) {
  cases({
    'a FIFO that nobody writes to is waited for until the limit': {
      limits: { wallTimeInS: 2, gracePeriodInS: 0.2 },
      call: guest('file-system/waits-for-fifo'),
      args: [programOf({ number: mknod, args: [Buffer.from('/tmp/fifo\0'), fifo, 0] })],
      expected: { exitStatus: 'TimeoutException', exitCode: 137, phase: 'call' },
    },
  });
} else test.skip('FIFOs', noMachineCode);

/** A tmpfs may have as many files as half of the machine's memory has pages, and each takes the kernel about 1 KB, which is charged. */
const noMemory = totalmem() < 12 * 2 ** 30 ? 'a million files, and the memory for them, need a machine with more' : null;
test(
  'a million files are made where memory is left for them, and are gone soon after',
  async () => {
    const limited = enforceLimits({ wallTimeInS: 100 * patience, memInMb: 2048 })(guest('file-system/makes-many-files'));
    const outcome = await limited.run(1e6);
    assert.is(outcome.unwrap(), 1e6);
    assert.ok(outcome.peakMemory > 500 * 2 ** 20, `${outcome.peakMemory}`);
    const since = performance.now();
    await limited.close();
    const closingInS = (performance.now() - since) / 1000;
    assert.ok(closingInS < 20 * patience, `${closingInS} s`);
  },
  { unless: noMemory },
);

test('no call finds what another left', async () => {
  const limited = enforceLimits({ wallTimeInS: 60 })(guest('file-system/leaves-trace'));
  for (let call = 0; call < 3; call++) assert.equal((await limited.run()).unwrap(), []);
  await limited.close();
  for (const file of ['/tmp/trace', '/dev/shm/trace', '/app/trace']) assert.is(existsSync(file), false);
});
