import type { Limits } from '../limits.js';
import type { Timings } from '../outcome.js';
import type { Payload } from '../payload/payload.js';
import type { Clock } from './clock.js';
import type { Said } from './conversation.js';
import type { EncodedArguments } from './encode-arguments.js';
import type { Fault } from './evidence.js';
import type { Output } from './output.js';
import type { Prepared } from './prepare.js';
import type { SandboxExit } from './sandbox.js';
import type { Watch } from './watch.js';

/** A container for one call. */
export interface Lease {
  readonly prepared: Prepared;
  /** Whether it was started ahead of the call. */
  readonly warm: boolean;
  /**
   * The call is done with it, once for each lease.
   * @param reusable whether it is fit for another call
   * @returns whether it was taken back; else it is the call's to end
   */
  end(reusable: boolean): boolean;
}

export interface CallRequest {
  readonly functionName: string;
  /** Encoded when the call was made, or why they cannot be. */
  readonly args: EncodedArguments;
  readonly limits: Limits;
  readonly output: Output;
  /** Seconds the call has waited for its turn. */
  readonly queuedInS: number;
  readonly pack: () => Promise<Payload>;
  /** Whether the outcome is to show nothing of this machine. */
  readonly hidesHost: boolean;
  /** A container with that code. @throws PynisherError */
  readonly lease: (payload: Payload) => Promise<Lease>;
  /** The function runs now. */
  readonly onCalled?: () => void;
  /** @default the machine's own */
  readonly clock?: Clock;
}

/** What is known of a call as it goes on; each step adds its part. */
export interface CallRecord {
  readonly request: CallRequest;
  readonly clock: Clock;
  phase: 'boot' | 'load' | 'call';
  payload: Payload | null;
  prepared: Prepared | null;
  /** Of the phase it is in. */
  watch: Watch | null;
  said: Said | null;
  exit: SandboxExit | null;
  fault: Fault | null;
  /** Aborted while there was nothing to stop. */
  abortedEarly: boolean;
  /** Settles when that happens. */
  readonly abortion: Promise<void>;
  readonly timings: { -readonly [Step in keyof Timings]: number };
}
