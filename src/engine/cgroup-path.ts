import path from 'node:path';

/** Folders of a container's cgroup on this machine. */
export type CgroupFolders =
  | { readonly version: 2; readonly unified: string }
  | { readonly version: 1; readonly cpuacct: string; readonly memory: string; readonly pids: string };

/**
 * Where a container's cgroup is mounted here, from the kernel's own words: no engine's way of naming cgroups is assumed.
 * @param processCgroup text of `/proc/PID/cgroup` of the container's first process
 * @param mountInfo text of `/proc/self/mountinfo`
 * @param containerId must be in the path: else the process is another machine's, or was there before
 * @returns null when the cgroup cannot be seen from here
 */
export function findCgroup(processCgroup: string, mountInfo: string, containerId: string): CgroupFolders | null {
  const hierarchies = parseHierarchies(processCgroup);
  const mounts = parseMounts(mountInfo);
  const folderOf = (controller: string | null): string | null => {
    const hierarchy = hierarchies.find(({ controllers }) =>
      controller === null ? controllers.length === 0 : controllers.includes(controller),
    );
    const mount = mounts.find(({ type, controllers }) =>
      controller === null ? type === 'cgroup2' : type === 'cgroup' && controllers.includes(controller),
    );
    if (hierarchy === undefined || mount === undefined) return null;
    const ofContainer = upToContainer(hierarchy.path, containerId);
    if (ofContainer === null) return null;
    const below = path.posix.relative(mount.root, ofContainer);
    return below.startsWith('..') ? null : path.posix.join(mount.mountPoint, below);
  };

  const [cpuacct, memory, pids] = [folderOf('cpuacct'), folderOf('memory'), folderOf('pids')];
  if (cpuacct !== null && memory !== null && pids !== null) return { version: 1, cpuacct, memory, pids };
  // Hybrid machines mount an empty cgroup2 beside the controllers of version 1.
  if (hierarchies.some(({ controllers }) => controllers.includes('memory'))) return null;
  const unified = folderOf(null);
  return unified === null ? null : { version: 2, unified };
}

/** Podman runs its containers in a cgroup below their own, and a container may make more: limits and counters are above. */
function upToContainer(cgroupPath: string, containerId: string): string | null {
  const parts = cgroupPath.split('/');
  const at = parts.findIndex((part) => part.includes(containerId));
  return at < 0 || parts.includes('..') ? null : parts.slice(0, at + 1).join('/');
}

/** Lines of `ID:controller,controller:/path`; version 2's has no controllers. cgroups(7) */
function parseHierarchies(text: string): { controllers: string[]; path: string }[] {
  return text
    .split('\n')
    .map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, controllers = '', path = '']) => ({ controllers: controllers === '' ? [] : controllers.split(','), path }));
}

/** proc_pid_mountinfo(5): `ID parent major:minor root mountPoint options [optional fields] - type source superOptions`. */
function parseMounts(text: string): { type: string; root: string; mountPoint: string; controllers: string[] }[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ', 2);
    const [, , , root, mountPoint] = before.split(' ');
    const [type, , superOptions] = after.split(' ');
    if (root === undefined || mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    return [
      { type, root: decodeOctal(root), mountPoint: decodeOctal(mountPoint), controllers: superOptions?.split(',') ?? [] },
    ];
  });
}

/** The kernel writes blanks as \040. */
function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
