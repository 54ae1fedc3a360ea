import type { EngineInfo } from '../engine/engine-info.js';

/** One line of `nisher doctor`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** It is well, and could be better: no failure. */
  readonly warning?: true;
  /** What was found, in a few words. */
  readonly found: string;
  /** What to do about it; absent when it is well. */
  readonly hint?: string;
}

/** Docker 20.10, the oldest that nisher is tested with. */
const OLDEST_API = '1.41';

/** What the engine says of itself, judged. What it merely says is proved by probes (doctor-probes.ts) where it can be. */
export function checkEngineInfo(info: EngineInfo): Check[] {
  return [
    judge(
      'API',
      compareVersions(info.apiVersion, OLDEST_API) >= 0,
      info.apiVersion,
      `nisher needs ${OLDEST_API}, Docker 20.10`,
    ),
    checkCgroups(info),
    judge(
      'seccomp',
      info.securityOptions.some((option) => option.includes('seccomp') && !option.includes('profile=unconfined')),
      info.securityOptions.find((option) => option.includes('seccomp')) ?? 'none',
      "Functions can make every system call: use an engine with seccomp, and its default profile (daemon.json's seccomp-profile)",
    ),
    // Any of these is well; it is worth knowing which.
    { name: 'user namespace', ok: true, found: userNamespace(info) },
    { name: 'access control', ok: true, found: accessControl(info) },
  ];
}

function checkCgroups({ cgroupVersion, cgroupDriver }: EngineInfo): Check {
  const found = cgroupVersion === null ? 'unknown version' : `v${cgroupVersion}, driver ${cgroupDriver || 'unknown'}`;
  return judge(
    'cgroups',
    cgroupVersion !== null && cgroupDriver !== 'none',
    found,
    'A rootless engine keeps limits only with cgroup v2 and delegation: https://docs.docker.com/engine/security/rootless/tips/#limiting-resources',
  );
}

function userNamespace({ rootless, securityOptions }: EngineInfo): string {
  if (rootless) return 'rootless engine';
  return securityOptions.some((option) => option.includes('userns'))
    ? 'remapped'
    : 'none (functions run unprivileged, as uid 1000)';
}

/** A second wall behind seccomp, where the host's distribution has one. */
function accessControl({ securityOptions }: EngineInfo): string {
  const modules = ['apparmor', 'selinux'].filter((name) => securityOptions.some((option) => option.includes(name)));
  return modules.length > 0 ? modules.join(', ') : 'neither AppArmor nor SELinux (capabilities and seccomp alone)';
}

function judge(name: string, ok: boolean, found: string, hint: string): Check {
  return ok ? { name, ok, found } : { name, ok, found, hint };
}

/** By their numbers: 1.9 is before 1.41. */
function compareVersions(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
