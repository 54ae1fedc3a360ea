import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PynisherError } from '../exceptions.js';
import { ownEnvironment } from '../own-environment.js';
import { privateEngineSocket } from './endpoints.js';
import {
  daemonArguments,
  daemonConfig,
  failedOnStorage,
  filesIn,
  isPrivateDockerd,
  leftoverMounts,
  missingControllers,
  type PrivateEnginePaths,
  type StorageDriver,
} from './private-engine-files.js';
import { takeProcessLock } from './process-lock.js';

const defaultPaths: PrivateEnginePaths = { runFolder: path.dirname(privateEngineSocket), dataFolder: '/var/lib/nisher' };
/** What puts a dockerd on Debian and Ubuntu, without the network parts that are not used here. */
export const INSTALL_COMMAND = 'sudo apt-get install -y --no-install-recommends docker.io iptables';

/** 0.2 s on a quiet machine; the first start of a fresh machine makes its folders and loads its plug-ins. */
const START_TIME_IN_S = 60;
/** dockerd gives its containers 5 s to end (`shutdown-timeout`). */
const STOP_TIME_IN_S = 20;
const POLL_IN_MS = 50;
const LOG_TAIL_LINES = 12;

/** The private engine as it is now. */
export type PrivateEngineStatus =
  | { state: 'stopped' }
  | { state: 'running'; pid: number; endpoint: string; answers: boolean; logFile: string };

export interface StartedPrivateEngine {
  endpoint: string;
  pid: number;
  /** False: it was running already. */
  started: boolean;
}

/** The dockerd of this machine; null when it has none. */
export function findDockerd(searchPath = process.env.PATH ?? ''): string | null {
  const folders = [...searchPath.split(':'), '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin'];
  return (
    folders
      .filter(Boolean)
      .map((folder) => `${folder}/dockerd`)
      .find(isExecutable) ?? null
  );
}

/** Looks, and changes nothing. */
export async function privateEngineStatus(paths = defaultPaths): Promise<PrivateEngineStatus> {
  const files = filesIn(paths);
  const pid = await runningPid(paths);
  if (pid === null) return { state: 'stopped' };
  return {
    state: 'running',
    pid,
    endpoint: `unix://${files.socket}`,
    answers: await answers(files.socket),
    logFile: files.log,
  };
}

/**
 * Starts a dockerd of our own that goes on when this program ends, and resolves when it answers. One that runs already is used.
 * @throws PynisherError when it cannot, with the reason and what to do: no root, no dockerd, no cgroups, or the end of its log.
 */
export async function startPrivateEngine(paths = defaultPaths): Promise<StartedPrivateEngine> {
  const dockerd = checkCanStart(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
  using _lock = await lock(paths);
  const status = await privateEngineStatus(paths);
  if (status.state === 'running') {
    if (await becomesTrue(() => answers(filesIn(paths).socket), START_TIME_IN_S)) return { ...status, started: false };
    throw new PynisherError(`The private engine (pid ${status.pid}) runs but does not answer at ${status.endpoint}`, {
      hint: `\`nisher engine stop\` ends it; its log is ${status.logFile}`,
    });
  }
  let log = await tryStart(dockerd, paths, 'overlay2');
  // Overlay does not work on top of every file system, for one on another overlay; vfs copies instead, and works on all.
  if (log !== null && failedOnStorage(log)) {
    await unmountLeftovers(paths);
    log = await tryStart(dockerd, paths, 'vfs');
  }
  if (log !== null) {
    await unmountLeftovers(paths);
    throw startFailed(log, dockerd);
  }
  const pid = await runningPid(paths);
  if (pid === null) throw startFailed(await readLog(paths), dockerd);
  return { endpoint: `unix://${filesIn(paths).socket}`, pid, started: true };
}

/**
 * Ends the private engine and its containers, never another one. Its images and containers are kept on disk unless `purge` is set.
 * @returns the pid that was ended; null when it did not run.
 * @throws PynisherError when it cannot be ended.
 */
export async function stopPrivateEngine({ purge = false } = {}, paths = defaultPaths): Promise<{ stoppedPid: number | null }> {
  if (!existsSync(paths.runFolder) && !(purge && existsSync(paths.dataFolder))) return { stoppedPid: null };
  checkRoot('stop');
  using _lock = await lock(paths);
  const stoppedPid = await runningPid(paths);
  if (stoppedPid !== null) await end(stoppedPid, paths);
  await unmountLeftovers(paths);
  await rm(paths.runFolder, { recursive: true, force: true });
  if (purge) await rm(paths.dataFolder, { recursive: true, force: true });
  return { stoppedPid };
}

async function end(pid: number, paths: PrivateEnginePaths): Promise<void> {
  // The process, not its pid file, which dockerd removes before it is through.
  const gone = async () => !isPrivateDockerd(await readCmdline(pid), filesIn(paths).config);
  process.kill(pid, 'SIGTERM');
  if (await becomesTrue(gone, STOP_TIME_IN_S)) return;
  // Its containerd would outlive it, and hold the folders.
  const containerdPid = await readPid(filesIn(paths).containerdPid);
  process.kill(pid, 'SIGKILL');
  const cmdline = containerdPid === null ? '' : await readCmdline(containerdPid);
  if (containerdPid !== null && cmdline.includes(filesIn(paths).exec)) process.kill(containerdPid, 'SIGKILL');
  if (!(await becomesTrue(gone, STOP_TIME_IN_S))) {
    throw new PynisherError(`The private engine (pid ${pid}) does not end, not even by SIGKILL`, {
      hint: 'Look at it with `ps`',
    });
  }
}

/** Null: it answers. Else its log, and it has ended. */
async function tryStart(dockerd: string, paths: PrivateEnginePaths, storageDriver: StorageDriver): Promise<string | null> {
  const files = filesIn(paths);
  await mkdir(paths.runFolder, { recursive: true, mode: 0o755 });
  // /run may outlive a reboot, and dockerd refuses to start when a process has the number in its pid file, whichever that is.
  await Promise.all([files.pid, files.socket, files.containerdPid].map((file) => rm(file, { force: true })));
  await writeFile(files.config, `${JSON.stringify(daemonConfig(paths, storageDriver), null, 2)}\n`);
  const log = openSync(files.log, 'w', 0o640);
  // Nothing of our environment: DOCKER_TLS_VERIFY and the like would configure it.
  const path = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;
  const env = ownEnvironment({ PATH: path, HOME: '/root' }, {});
  const child = spawn(dockerd, daemonArguments(paths), { cwd: '/', detached: true, stdio: ['ignore', log, log], env });
  let ended: string | null = null;
  child.once('exit', (code, signal) => {
    ended = `dockerd ended with ${signal ?? `exit code ${code}`}`;
  });
  child.once('error', (error) => {
    ended = error.message;
  });
  child.unref();
  if (await becomesTrue(async () => ended !== null || (await answers(files.socket)), START_TIME_IN_S)) {
    return ended === null ? null : `${await readLog(paths)}${ended}`;
  }
  if (child.pid !== undefined) await end(child.pid, paths);
  return `${await readLog(paths)}dockerd did not answer within ${START_TIME_IN_S} s and was ended`;
}

/** The dockerd to start. @throws PynisherError when something needed is missing. */
function checkCanStart(mountinfo: string): string {
  if (process.platform !== 'linux') {
    throw new PynisherError('An engine of our own can be started on Linux only', { hint: 'Start Docker Desktop or colima' });
  }
  checkRoot('start');
  const dockerd = findDockerd();
  if (dockerd === null)
    throw new PynisherError('There is no dockerd on this machine', { hint: `Install it: ${INSTALL_COMMAND}` });
  const missing = missingControllers(mountinfo);
  if (missing.length > 0) {
    throw new PynisherError(`The kernel's control groups are not mounted here: ${missing.join(', ')}`, {
      hint: 'Mount them (`mount -t cgroup2 none /sys/fs/cgroup`, or the package cgroupfs-mount); a container needs --privileged for an engine of its own',
    });
  }
  return dockerd;
}

function checkRoot(action: 'start' | 'stop'): void {
  if (process.getuid?.() === 0) return;
  throw new PynisherError(`Only root can ${action} the private engine`, {
    hint: `\`sudo nisher engine ${action}\`, or use a rootless engine: https://docs.docker.com/engine/security/rootless/`,
  });
}

function startFailed(log: string, dockerd: string): PynisherError {
  const tail = log.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
  const hint = /operation not permitted|permission denied/i.test(log)
    ? 'Inside a container, an engine of its own needs --privileged'
    : 'The last lines say why; then try again';
  return new PynisherError(`${dockerd} did not start. The end of its log:\n${tail}`, { hint });
}

async function lock(paths: PrivateEnginePaths): Promise<Disposable> {
  const held = await takeProcessLock(`nisher engine ${paths.runFolder}`, START_TIME_IN_S + STOP_TIME_IN_S);
  if (held !== null) return held;
  throw new PynisherError('Another `nisher engine start` or `stop` is under way and does not come to its end', {
    hint: 'Look for it with `ps`',
  });
}

async function runningPid(paths: PrivateEnginePaths): Promise<number | null> {
  const pid = await readPid(filesIn(paths).pid);
  return pid !== null && isPrivateDockerd(await readCmdline(pid), filesIn(paths).config) ? pid : null;
}

async function readPid(file: string): Promise<number | null> {
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
}

function readCmdline(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}

function readLog(paths: PrivateEnginePaths): Promise<string> {
  return readFile(filesIn(paths).log, 'utf8').catch(() => '');
}

/** What a dockerd that crashed, or did not get to its end, left mounted in its folders. */
async function unmountLeftovers(paths: PrivateEnginePaths): Promise<void> {
  const mountinfo = await readFile('/proc/self/mountinfo', 'utf8');
  const points = [paths.runFolder, paths.dataFolder].flatMap((folder) => leftoverMounts(folder, mountinfo));
  for (const point of points) {
    await promisify(execFile)('umount', [point]).catch((cause: Error) => {
      throw new PynisherError(`${point} cannot be unmounted: ${cause.message}`, {
        cause,
        hint: 'Something uses it still: see `fuser -vm`',
      });
    });
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether an engine answers at the socket now. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.once('timeout', () => ping.destroy()).once('error', () => resolve(false));
    ping.end();
  });
}

async function becomesTrue(condition: () => Promise<boolean>, timeoutInS: number): Promise<boolean> {
  const deadline = performance.now() + timeoutInS * 1000;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_IN_MS);
  }
  return true;
}
