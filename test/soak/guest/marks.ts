import { readFileSync, writeSync } from 'node:fs';

/** What a call is to do beside its behaviour, from the environment: there while the module is loaded, too. */
export interface Orders {
  /** Bytes it prints as it begins. */
  readonly stdout: number;
  readonly stderr: number;
  /** What its module takes to load, sleeping and working. */
  readonly loadInS: number;
  readonly loadCpuInS: number;
}

/** The first line that a call prints. Times are nanoseconds of the monotonic clock, which a container shares with its host. */
export interface BeginMark {
  /** When its process was started. */
  readonly startedAt: string;
  /** When its module was loaded; null while it is. */
  readonly loadedAt: string | null;
  readonly beganAt: string;
  /** CPU time of its process until then. */
  readonly cpuInUs: number;
  /** Calls that its process served before. */
  readonly served: number;
  /** As the engine calls it. */
  readonly container: string | null;
}

/** The last line of a call that tells of its end. */
export interface EndMark {
  readonly endedAt: string;
  readonly cpuInUs: number;
}

type Write = (descriptor: number, bytes: Uint8Array) => void;

const MOST_AT_ONCE = 2 ** 16;

/** All of it: a pipe may take less than it is given, or nothing while it is full. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at, Math.min(MOST_AT_ONCE, bytes.length - at));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const orders = JSON.parse(process.env.SOAK ?? '') as Orders;
/** The engine mounts files of the container's own folder. */
const container = /([0-9a-f]{64})\/(?:userdata\/)?hostname /.exec(readFileSync('/proc/self/mountinfo', 'latin1'))?.[1] ?? null;
let served = 0;

function cpuInUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export function now(): string {
  return `${process.hrtime.bigint()}`;
}

/** Says that the call, or its module's loading, begins, and prints what it was told to. */
export function markBegin(loadedAt: string | null, write: Write = writeAll): void {
  const startedAt = `${process.hrtime.bigint() - BigInt(Math.round(process.uptime() * 1e9))}`;
  const mark: BeginMark = { startedAt, loadedAt, beganAt: now(), cpuInUs: cpuInUs(), served, container };
  served += 1;
  write(1, Buffer.from(`[began ${JSON.stringify(mark)}]\n`));
  if (orders.stdout > 0) write(1, Buffer.alloc(orders.stdout, 'o'));
  if (orders.stderr > 0) write(2, Buffer.alloc(orders.stderr, 'e'));
}

/** Says that it has done all that it had to, and how much it took. */
export function markEnd(): void {
  const mark: EndMark = { endedAt: now(), cpuInUs: cpuInUs() };
  writeAll(1, Buffer.from(`[ended ${JSON.stringify(mark)}]\n`));
}

/** A load that takes that long: nothing of it is the call's. */
export function loadAsOrdered(): void {
  if (orders.loadInS > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, orders.loadInS * 1000);
  const until = cpuInUs() + orders.loadCpuInS * 1e6;
  if (orders.loadCpuInS > 0) while (cpuInUs() < until);
}
