import { constants } from 'node:os';
import * as assert from 'uvu/assert';
import { connect } from '../../src/engine/connect.js';
import { guest, hostileSuite } from '../support/hostile-suite.js';
import { noMachineCode, programOf, type SystemCall } from '../support/machine-code.js';
import { enforceLimits } from '../support/spawned.js';

const { cases, test, before } = hostileSuite('attempts to escape');
const text = (string: string) => Buffer.from(`${string}\0`);
const zeros = (length: number) => Buffer.alloc(length);
const number32 = (value: number) => new Uint8Array(Int32Array.of(value).buffer);

const NEW_USER = 0x1000_0000;
const mountArguments = [text('none'), text('/tmp'), text('tmpfs'), 0, 0];

/** System calls that change or see what is not the container's own. Numbers of x86-64. */
const forbidden: { readonly [name: string]: SystemCall } = {
  mount: { number: 165, args: mountArguments },
  'mount by the 32-bit gate': { number: 21, abi: 'i386', args: mountArguments },
  'mount by the x32 ABI': { number: 165, abi: 'x32', args: mountArguments },
  umount2: { number: 166, args: [text('/proc'), 2] },
  pivot_root: { number: 155, args: [text('/tmp'), text('/tmp')] },
  chroot: { number: 161, args: [text('/tmp')] },
  open_tree: { number: 428, args: [-100, text('/'), 1] },
  move_mount: { number: 429, args: [-1, text(''), -1, text(''), 0] },
  fsopen: { number: 430, args: [text('tmpfs'), 0] },
  'unshare of a user namespace': { number: 272, args: [NEW_USER] },
  'unshare of a mount namespace': { number: 272, args: [0x2_0000] },
  'unshare of a network namespace': { number: 272, args: [0x4000_0000] },
  'unshare of a PID namespace': { number: 272, args: [0x2000_0000] },
  'unshare of a cgroup namespace': { number: 272, args: [0x200_0000] },
  'clone into a user namespace': { number: 56, args: [NEW_USER | 17, 0, 0, 0, 0] },
  'clone3 into a user namespace': {
    number: 435,
    args: [Buffer.concat([new Uint8Array(BigInt64Array.of(BigInt(NEW_USER)).buffer), zeros(80)]), 88],
  },
  setns: { number: 308, args: [0, 0] },
  kcmp: { number: 312, args: [1, 1, 0, 0, 0] },
  pidfd_getfd: { number: 438, args: [0, 0, 0] },
  add_key: { number: 248, args: [text('user'), text('name'), text('value'), 5, -3] },
  request_key: { number: 249, args: [text('user'), text('name'), 0, -3] },
  'keyctl of the session keyring': { number: 250, args: [0, -3, 1] },
  'keyctl reading the user keyring': { number: 250, args: [11, -4, zeros(64), 64] },
  bpf: { number: 321, args: [0, zeros(72), 72] },
  perf_event_open: { number: 298, args: [zeros(112), 0, -1, -1, 0] },
  userfaultfd: { number: 323, args: [0] },
  fanotify_init: { number: 300, args: [0, 0] },
  open_by_handle_at: { number: 304, args: [-100, zeros(16), 0] },
  'a raw socket': { number: 41, args: [2, 3, 1] },
  'a packet socket': { number: 41, args: [17, 3, 0x300] },
  'mknod of the memory device': { number: 133, args: [text('/tmp/mem'), 0o20666, 0x101] },
  'mknod of a block device': { number: 133, args: [text('/tmp/disk'), 0o60666, 0x800] },
  init_module: { number: 175, args: [zeros(8), 8, text('')] },
  finit_module: { number: 313, args: [0, text(''), 0] },
  delete_module: { number: 176, args: [text('none'), 0] },
  kexec_load: { number: 246, args: [0, 0, 0, 0] },
  reboot: { number: 169, args: [0, 0, 0, 0] },
  swapon: { number: 167, args: [text('/tmp/none'), 0] },
  acct: { number: 163, args: [text('/tmp/none')] },
  quotactl: { number: 179, args: [0x80_0001, 0, 0, 0] },
  syslog: { number: 103, args: [3, zeros(64), 64] },
  sethostname: { number: 170, args: [text('x'), 1] },
  setdomainname: { number: 171, args: [text('x'), 1] },
  settimeofday: { number: 164, args: [zeros(16), 0] },
  clock_settime: { number: 227, args: [0, zeros(16)] },
  adjtimex: { number: 159, args: [Buffer.concat([number32(1), zeros(300)])] },
  iopl: { number: 172, args: [3] },
  ioperm: { number: 173, args: [0x80, 1, 1] },
  vhangup: { number: 153 },
  setuid: { number: 105, args: [0] },
  setgid: { number: 106, args: [0] },
  setgroups: { number: 116, args: [1, zeros(4)] },
  setresuid: { number: 117, args: [0, 0, 0] },
  'capset of all capabilities': {
    number: 126,
    args: [new Uint8Array(Uint32Array.of(0x2008_0522, 0).buffer), Buffer.alloc(24, 255)],
  },
  'the personality of another kernel': { number: 135, args: [0x4_0000] },
  'a real-time scheduler': { number: 144, args: [0, 1, number32(1)] },
  'a higher hard limit of open files': { number: 302, args: [0, 7, Buffer.alloc(16, 0x7f), 0] },
};

const vectors = [1, zeros(16), 1, zeros(16), 1, 0];
/**
 * Which the default seccomp profile of Docker refuses only from a version on, or before one: there it has become clear that they cross no
 * boundary (moby#42083, moby#45766).
 */
const sometimesForbidden: { readonly [name: string]: { call: SystemCall; from?: number; before?: number } } = {
  'a socket to the hypervisor (AF_VSOCK)': { call: { number: 41, args: [40, 1, 0] }, from: 23 },
  'process_vm_readv of the init': { call: { number: 310, args: vectors }, before: 23 },
  'process_vm_writev of the init': { call: { number: 311, args: vectors }, before: 23 },
  name_to_handle_at: {
    call: { number: 303, args: [-100, text('/etc/passwd'), zeros(144), zeros(8), 0] },
    before: 23,
  },
};

/** Which engine refuses with what: seccomp profiles answer with one or the other. */
const refusals = [constants.errno.EPERM, constants.errno.ENOSYS];
type Ends = { [name: string]: { status: number | null; signal: string | null } };
let ends: Ends = {};
const refused = { ...forbidden };
const { info } = await connect(null);

if (noMachineCode === null) {
  const control: SystemCall = { number: 39 };
  const missingFile: SystemCall = { number: 2, args: [text('/nowhere'), 0] };
  before(async () => {
    const programs = Object.entries({ ...refused, control, missingFile }).map(([name, call]) => [name, programOf(call)]);
    const runPrograms = enforceLimits({ wallTimeInS: 60 })(guest('native/run-programs'));
    ends = (await runPrograms.run(Object.fromEntries(programs))).unwrap() as Ends;
  });
  test('a system call that is allowed is, and an error is told of', () => {
    assert.equal(
      [ends.control, ends.missingFile],
      [
        { status: 0, signal: null },
        { status: constants.errno.ENOENT, signal: null },
      ],
    );
  });
  const major = Number.parseInt(info.version, 10);
  for (const [name, { call, from = 0, before = Infinity }] of Object.entries(sometimesForbidden)) {
    if (major >= from && major < before) refused[name] = call;
    else
      test.skip(
        `${name} is refused`,
        `Docker refuses it ${from > 0 ? `from ${from} on` : `before ${before}`}, this engine is ${info.version}`,
      );
  }
  for (const name of Object.keys(refused)) {
    test(`${name} is refused`, () => {
      const { status, signal } = ends[name] ?? {};
      // A kernel without the 32-bit gate answers with a signal.
      const isRefused = refusals.some((errno) => errno === status) || (/32-bit/.test(name) && signal === 'SIGSEGV');
      assert.ok(isRefused, `errno ${status}, signal ${signal}`);
    });
  }
  const [getuid, setuid, ptrace, kill] = [102, 105, 101, 62];
  const [EPERM, ESRCH] = [constants.errno.EPERM, constants.errno.ESRCH];
  cases({
    'the set-user-ID bit gives nothing': {
      call: guest('native/setuid-program'),
      args: [programOf({ number: getuid }, { number: setuid, args: [0] })],
      expected: { exitStatus: 0, result: { mode: '106755', status: EPERM } },
    },
    'processes of the host can be neither traced nor signalled': {
      call: guest('native/run-programs'),
      args: [
        {
          traced: programOf({ number: ptrace, args: [16, process.pid, 0, 0] }),
          signalled: programOf({ number: kill, args: [process.pid, 0] }),
        },
      ],
      expected: {
        exitStatus: 0,
        result: { traced: { status: ESRCH, signal: null }, signalled: { status: ESRCH, signal: null } },
      },
    },
  });
} else test.skip('system calls', noMachineCode);

const [EACCES, EROFS] = [13, 30];
const writes = (file: string, osErrno: number) => ({
  call: guest('file-system/follows-link'),
  args: [file],
  expected: { exitStatus: 'SubprocessException', osErrno } as const,
});
cases({
  "the init's program, a file of the host, cannot be overwritten": {
    call: guest('native/overwrites-program'),
    args: ['/proc/1/exe'],
    expected: { exitStatus: 'SubprocessException', osErrno: EACCES },
  },
  'its own program cannot be overwritten through /proc': {
    call: guest('native/overwrites-program'),
    args: ['/proc/self/exe'],
    expected: { exitStatus: 'SubprocessException', osErrno: EACCES },
  },
  'the program for core dumps cannot be set': writes('/proc/sys/kernel/core_pattern', EROFS),
  ...(info.cgroupVersion === '1'
    ? { 'no release agent of a cgroup can be set': writes('/sys/fs/cgroup/memory/release_agent', EROFS) }
    : { 'no process can be moved to another cgroup': writes('/sys/fs/cgroup/cgroup.procs', EROFS) }),
  'no helper of hotplug can be set': writes('/sys/kernel/uevent_helper', EROFS),
});
