import type { Readable, Writable } from 'node:stream';

/**
 * All that a call needs of an engine. Docker is the first to implement it (src/engine/); nothing of dockerode shows here,
 * because a second engine will come.
 */
export interface SandboxEngine {
  /**
   * Starts a container whose runner waits for its job.
   * @throws PynisherError when the engine cannot, with what to do about it; an error for which {@link isMemoryRefusal} holds when the
   * memory limit is too small for it to start.
   */
  start(spec: SandboxSpec): Promise<Sandbox>;
  /** Processors of the machine the containers run on. */
  readonly cores: number;
  /** Memory of that machine. */
  readonly memInBytes: number;
}

/** What a container is made with. Sizes in bytes, `null`: no restriction. */
export interface SandboxSpec {
  memInBytes: number | null;
  /** CPU quota in cores. */
  cpus: number | null;
  /** Tasks (processes and threads) that the function may have beside the one it runs in. */
  extraTasks: number | null;
  /** The kernel's own limit on one process's CPU time (RLIMIT_CPU, whole seconds), should this program be gone. */
  cpuBackstopInS: { soft: number; hard: number } | null;
  /** Size of the writable /tmp. */
  scratchInBytes: number;
  /** Size of the file system the code is unpacked into. */
  codeInBytes: number;
  /** Files that the container's image must have; null: none beside its own. */
  layer: SandboxLayer | null;
  /** Arguments for node itself, before the runner's path. */
  nodeArguments: readonly string[];
  /** Latest moment (Unix time in ms) at which this container can still be of use, for whoever finds it; null: none. */
  deadline: number | null;
  image: string | null;
  runtime: string | null;
  network: string;
}

/** Files that are put on an image once, and found again by their digest. */
export interface SandboxLayer {
  /** Content address: hexadecimal SHA-256. */
  readonly digest: string;
  readonly sizeInBytes: number;
  readonly files: number;
  /** A tar archive with paths relative to the image's root. */
  open(): AsyncIterable<Uint8Array>;
}

export interface Sandbox {
  readonly id: string;
  /** To the runner's stdin. */
  readonly stdin: Writable;
  /** Finds the container's pipes themselves, where it is one of this machine's. Best called before the function's code is there. */
  findPipes(): void;
  /**
   * Writes bytes to the runner's stdin past the engine, so that they overtake what is on its way there through `stdin`.
   * @returns false where that cannot be, or not now: nothing is written then
   */
  writeStdin(bytes: Uint8Array): boolean;
  /** What the container writes, byte for byte; both end when the container's streams do. Pausing either stops both. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once the container has ended, never rejects. */
  readonly exited: Promise<SandboxExit>;
  /** Seconds that create and start took. */
  readonly timings: { create: number; start: number };
  /** Meter of this container: `cgroup` is exact and takes microseconds, `engine` is the engine's own statistics. */
  readonly meter: 'cgroup' | 'engine';
  /** The counters now; null when they cannot be read (any more). */
  usage(): Usage | null;
  /** Begins to count the memory peak anew, where the kernel can, and whatever else counts from the call. */
  resetPeak(): void;
  /** Whether it keeps this program alive, as it does from its start on. */
  keepAlive(on: boolean): void;
  /** Kills every process in the container. Resolves when the engine has accepted it; never rejects. */
  kill(): Promise<void>;
  /** Resolves when the container is no more, killing it if need be. Never rejects; says what is left, if anything. */
  remove(): Promise<{ leftBehind: string | null }>;
}

/** Counters of a container since its start, from its cgroup. */
export interface Usage {
  cpuInS: number;
  /** Memory charged at this moment. */
  memInBytes: number;
  /** The most since the start or the last resetPeak. */
  peakInBytes: number;
  /** How often the kernel's OOM killer struck in it. */
  oomKills: number;
  /** How often a fork or a thread was refused for the pids limit. */
  pidsRefused: number;
}

/** How a container ended, as the engine tells it. */
export type SandboxExit =
  | {
      kind: 'exited';
      /** 0–255; 128 + n when signal n ended the runner. */
      exitCode: number;
      /** Whether the kernel's OOM killer struck in it since the last resetPeak; null: it may have, and nobody can tell. */
      oomKilled: boolean | null;
    }
  /** The connection broke, the engine went away, or somebody removed the container: the end was not seen. */
  | { kind: 'lost'; reason: string };

/** An engine says with `refusal: 'memory'` on its error that the memory limit is what kept a container from starting. */
export function isMemoryRefusal(error: unknown): error is Error & { readonly refusal: 'memory' } {
  return error instanceof Error && (error as { refusal?: unknown }).refusal === 'memory';
}
