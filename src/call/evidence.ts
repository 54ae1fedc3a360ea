import type { End, LimitKind } from '../wire/protocol.js';
import type { SandboxExit } from './sandbox.js';

/** Everything that was observed about a call, as far as its verdict depends on it. */
export interface Evidence {
  /** The first limit that was met (or the caller's abort), noted before anything was done about it. */
  readonly stop: Stop | null;
  /** A fault of ours or the engine's. */
  readonly fault: Fault | null;
  /** How far it came: `boot` until the runner has unpacked the code. */
  readonly phase: 'boot' | 'load' | 'call';
  /** The runner's last word. */
  readonly end: End | null;
  /** For `threw`: what the error says of itself. */
  readonly thrown: ThrownFacts | null;
  readonly exit: SandboxExit | null;
  /** Whether the counters are the kernel's own, up to the end; else they are samples that may be seconds old. */
  readonly exactMeter: boolean;
  /** CPU seconds since the phase began. */
  readonly cpuInS: number;
  readonly peakInBytes: number;
  readonly oomKills: number;
  readonly pidsRefused: number;
  /** V8 wrote its out-of-memory message to stderr. */
  readonly v8OutOfMemory: boolean;
  readonly limits: {
    readonly memInBytes: number | null;
    readonly cpuTimeInS: number | null;
    readonly wallTimeInS: number | null;
    readonly gracePeriodInS: number;
  };
}

export interface Stop {
  readonly kind: LimitKind;
  /** Whether SIGKILL was decided on: at once, or when the grace period was over. */
  readonly killed: boolean;
}

export interface Fault {
  /** `memory`: the engine could not even start the container under its memory limit. */
  readonly kind: 'engine' | 'memory' | 'protocol' | 'value' | 'pack';
  readonly message: string;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

export interface ThrownFacts {
  /** Positive errno, when it is an operating-system error. */
  readonly errno: number | null;
  /** It says that memory could not be allocated. */
  readonly allocationRefused: boolean;
}
