import path from 'node:path';

/** Where a private engine lives. Nothing outside these two folders is written. */
export interface PrivateEnginePaths {
  /** Socket, pid file, log and configuration; gone with the engine. */
  readonly runFolder: string;
  /** Images and containers; kept when the engine stops. */
  readonly dataFolder: string;
}

export type StorageDriver = 'overlay2' | 'vfs';

export function filesIn({ runFolder }: PrivateEnginePaths) {
  return {
    socket: `${runFolder}/docker.sock`,
    pid: `${runFolder}/dockerd.pid`,
    log: `${runFolder}/dockerd.log`,
    config: `${runFolder}/daemon.json`,
    exec: `${runFolder}/exec`,
    containerdPid: `${runFolder}/exec/containerd/containerd.pid`,
  };
}

/**
 * dockerd's configuration. A file of our own, because dockerd would otherwise read the system's /etc/docker/daemon.json. Containers
 * have no network, so bridge, firewall and forwarding stay as the system has them. Should the machine run a containerd, dockerd
 * uses it; then its namespaces keep ours apart from the system's.
 */
export function daemonConfig(paths: PrivateEnginePaths, storageDriver: StorageDriver): Record<string, unknown> {
  const files = filesIn(paths);
  return {
    hosts: [`unix://${files.socket}`],
    pidfile: files.pid,
    'exec-root': files.exec,
    'data-root': paths.dataFolder,
    'storage-driver': storageDriver,
    bridge: 'none',
    iptables: false,
    ip6tables: false,
    'ip-forward': false,
    'ip-masq': false,
    'userland-proxy': false,
    'containerd-namespace': 'nisher',
    'shutdown-timeout': 5,
    'log-level': 'warn',
  };
}

/** dockerd's arguments; the one setting that it takes on the command line only (its name in the file is another than it looks for). */
export function daemonArguments(paths: PrivateEnginePaths): string[] {
  return ['--config-file', filesIn(paths).config, '--containerd-plugins-namespace', 'nisher-plugins'];
}

/** Whether a command line (/proc/PID/cmdline) is that of the private dockerd with this configuration. */
export function isPrivateDockerd(cmdline: string, configFile: string): boolean {
  const [program = '', ...args] = cmdline.split('\0');
  const at = args.indexOf('--config-file');
  return /(^|\/)dockerd$/.test(program) && at !== -1 && args[at + 1] === configFile;
}

/**
 * Controllers without which dockerd does not start, or cannot keep our limits, and that /proc/self/mountinfo shows no mount of. A
 * cgroup v2 mount at /sys/fs/cgroup has them all.
 */
export function missingControllers(mountinfo: string): string[] {
  const mounts = mountinfo.split('\n').map((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [fsType = '', , superOptions = ''] = after.split(' ');
    return { mountPoint: before.split(' ')[4], fsType, superOptions: superOptions.split(',') };
  });
  if (mounts.some(({ fsType, mountPoint }) => fsType === 'cgroup2' && mountPoint === '/sys/fs/cgroup')) return [];
  return ['memory', 'pids', 'cpu', 'cpuacct', 'devices'].filter(
    (controller) => !mounts.some(({ fsType, superOptions }) => fsType === 'cgroup' && superOptions.includes(controller)),
  );
}

/**
 * What a dockerd that ended badly leaves mounted in `folder`, the deepest first: everything below it, and the folder itself when it is
 * mounted on itself (dockerd does that to its data folder, for its mount propagation). A disk of the user's that is mounted at the
 * folder is none of it.
 */
export function leftoverMounts(folder: string, mountinfo: string): string[] {
  const mounts = mountinfo.split('\n').map((line) => {
    const [id, parentId, device, root = '', point = ''] = line.split(' ');
    return { id, parentId, device, root, point };
  });
  const onItself = mounts.filter(({ parentId, device, root, point }) => {
    const parent = mounts.find(({ id }) => id === parentId);
    if (point !== folder || parent === undefined || parent.device !== device) return false;
    return path.join(parent.root, path.relative(parent.point, point)) === root;
  });
  const below = mounts.filter(({ point }) => point.startsWith(`${folder}/`));
  return [...below.sort((a, b) => b.point.length - a.point.length), ...onItself].map(({ point }) => point);
}

/** Whether a failed start is the storage driver's fault, so that another is worth a try. */
export function failedOnStorage(log: string): boolean {
  return /graphdriver|storage.driver|overlay/i.test(log);
}
