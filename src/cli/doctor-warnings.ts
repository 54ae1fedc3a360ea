import type { EngineInfo } from '../engine/engine-info.js';
import type { Endpoint } from '../engine/engine-url.js';
import type { Check } from './doctor-checks.js';

/** What the engine's isolation depends on beside what it says of itself. */
export interface Setting {
  readonly info: EngineInfo;
  readonly endpoint: Endpoint;
  /** Permissions of the engine's socket; null when it is none, or cannot be looked at. */
  readonly socketMode: number | null;
  /** The sysctl `kernel.io_uring_disabled` of the engine's machine; null where it cannot be read, or is none (before Linux 6.6). */
  readonly ioUringDisabled: string | null;
  /** The runtime asked for; null: the engine's default one. */
  readonly runtime: string | null;
}

/** Those whose isolation is known, by the names they are usually registered under. */
const knownRuntimes = /^(runc|crun|youki|runsc\b.*|kata\b.*|io\.containerd\.(runc|runsc|kata).*)$/;
/** Of these, those with a kernel of their own for each container. */
const ownKernels = /^(runsc\b|kata\b|io\.containerd\.(runsc|kata))/;
/** Docker's names for its own profile. */
const defaultProfiles = ['default', 'builtin'];
/** From this version on Docker's own profile refuses io_uring. https://github.com/moby/moby/pull/46762 */
const REFUSES_IO_URING = 25;
/** Of the engine's warnings, those about access or limits, and what to do; the rest is about networks, disks and swarms. */
const concerning: readonly (readonly [about: RegExp, hint: string])[] = [
  [
    /API is accessible/i,
    "Take that address out of the engine's hosts, or protect it with TLS: whoever reaches it is root there",
  ],
  [
    /No (memory|cpu cfs|pids)\b.*(support|limit)/i,
    "The machine's kernel lacks that cgroup controller: enable it, or do not rely on the limit",
  ],
];

/** Settings that keep every limit and yet weaken the isolation. None makes doctor fail: calls work, and whether it matters is the user's to say. */
export function warningsAbout(setting: Setting): Check[] {
  return [
    ...connectionWarnings(setting),
    ...runtimeWarnings(setting),
    ...profileWarnings(setting),
    ...setting.info.warnings.flatMap((text) => {
      const hint = concerning.find(([about]) => about.test(text))?.[1];
      return hint === undefined ? [] : [warning('engine says', text.replace(/^WARNING: /, '').replaceAll(/\s+/g, ' '), hint)];
    }),
  ];
}

function connectionWarnings({ endpoint, socketMode, info }: Setting): Check[] {
  const power = info.rootless ? "has this engine's user's rights" : 'is root on its machine';
  // S_IWOTH: connecting to a socket takes the right to write. unix(7)
  if (endpoint.kind === 'unix' && socketMode !== null && (socketMode & 0o002) !== 0) {
    return [
      warning(
        'socket',
        `every user of this machine may use ${endpoint.path}, and whoever does ${power}`,
        `chmod o-rw ${endpoint.path}, and put those who may into its group`,
      ),
    ];
  }
  if (endpoint.kind !== 'tcp') return [];
  if (endpoint.tls === null) {
    const who = isLoopback(endpoint.host) ? 'every program of this machine' : 'whoever reaches that port';
    return [
      warning(
        'connection',
        `no TLS: ${who} may use the engine, and ${power}; code and values can be read on the way`,
        'Use ssh://, or TLS with client certificates: https://docs.docker.com/engine/security/protect-access/',
      ),
    ];
  }
  if (endpoint.tls.verify) return [];
  return [
    warning('connection', "the engine's certificate is not checked: another machine may answer", 'Set DOCKER_TLS_VERIFY=1'),
  ];
}

function runtimeWarnings({ info, runtime }: Setting): Check[] {
  const used = runtime ?? info.defaultRuntime;
  // Podman may leave out which it uses.
  if (used === '' || knownRuntimes.test(used)) return [];
  return [
    warning(
      'runtime',
      `functions run in \`${used}\`, which nisher knows nothing of: it may give devices or folders of the host to every container`,
      'Name one that is known to isolate, for example --runtime runc; for the library, `runtime` of getContext',
    ),
  ];
}

function profileWarnings({ info, runtime, ioUringDisabled }: Setting): Check[] {
  const profile = info.securityOptions
    .map((option) => /seccomp.*profile=([^,]+)/.exec(option)?.[1])
    .find((name) => name !== undefined);
  // Without any, the check of seccomp fails already.
  if (profile === undefined || profile === 'unconfined') return [];
  if (defaultProfiles.includes(profile)) {
    // Nor does a kernel in between pass it on.
    const isRefused = isOn(ioUringDisabled) || ownKernels.test(runtime ?? info.defaultRuntime);
    if (info.flavour !== 'docker' || isRefused || Number.parseInt(info.version, 10) >= REFUSES_IO_URING) return [];
    return [
      warning(
        'seccomp profile',
        `Docker ${info.version}'s own: it allows io_uring, whose bugs have been ways out; it is refused from Docker ${REFUSES_IO_URING} on`,
        'Update the engine, or set kernel.io_uring_disabled=2 on its machine (sysctl, Linux 6.6)',
      ),
    ];
  }
  return [
    warning(
      'seccomp profile',
      `${profile}, not the engine's own: it may allow system calls that the default one refuses`,
      'Compare it with the default one: https://docs.docker.com/engine/security/seccomp/',
    ),
  ];
}

/** 1 leaves it to one group, in which no function is. https://docs.kernel.org/admin-guide/sysctl/kernel.html#io-uring-disabled */
function isOn(ioUringDisabled: string | null): boolean {
  return ioUringDisabled === '1' || ioUringDisabled === '2';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function warning(name: string, found: string, hint: string): Check {
  return { name, ok: true, warning: true, found, hint };
}
