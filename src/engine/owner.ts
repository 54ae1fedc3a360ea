import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { readProcessStat } from './process-stat.js';

/**
 * Which program a container belongs to, so that another can tell whether it is still alive. A process number alone will not
 * do: it is used again, is another one in each container, and there may be several machines at one engine.
 */
export interface Owner {
  /** The machine, and its boot. */
  readonly machine: string;
  /** Its pid namespace: that of a container is another. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** In clock ticks since the boot; with the pid it is unique. '0' where the system does not tell. */
  readonly startTime: string;
}

export type Life = 'alive' | 'gone' | 'unknown';

/** This program. */
export function thisOwner(): Owner {
  cached ??= {
    machine: digest(`${readText('/etc/machine-id') ?? hostname()}\n${readText('/proc/sys/kernel/random/boot_id') ?? ''}`),
    pidNamespace: readLink('/proc/self/ns/pid'),
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '0',
  };
  return cached;
}

let cached: Owner | undefined;

/** As the value of a label. */
export function formatOwner({ machine, pidNamespace, pid, startTime }: Owner): string {
  return ['1', machine, pidNamespace, pid, startTime].join(':');
}

/** Reads a label; null for what no version so far has written. */
export function parseOwner(label: string): Owner | null {
  const [format, machine = '', pidNamespace = '', pid = '', startTime = '', ...more] = label.split(':');
  if (format !== '1' || machine === '' || !/^[1-9]\d*$/.test(pid) || startTime === '' || more.length > 0) return null;
  return { machine, pidNamespace, pid: Number(pid), startTime };
}

/** There is such a process, and this user may not see when it started: another user's, where /proc hides those (hidepid, proc(5)). */
export const HIDDEN = 'hidden';

/** What can be told from here of the program that owns a container. */
export function lifeOf(owner: Owner, here: Owner, startTimeNow: (pid: number) => string | null): Life {
  if (owner.machine !== here.machine || owner.pidNamespace !== here.pidNamespace) return 'unknown';
  const startTime = startTimeNow(owner.pid);
  if (startTime === null) return 'gone';
  if (startTime === HIDDEN) return 'unknown';
  return startTime === owner.startTime ? 'alive' : 'gone';
}

/** When a process started; null when there is none of that number, {@link HIDDEN}, or '0' where the system does not tell (macOS). */
export function startTimeOf(pid: number): string | null {
  const stat = readProcessStat(pid);
  if (stat !== null) return stat.hasEnded ? null : stat.startTime;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return null;
  }
  return readProcessStat(process.pid) === null ? '0' : HIDDEN;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
}

function readLink(file: string): string {
  try {
    // pid:[4026531836]
    return /\d+/.exec(readlinkSync(file))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
