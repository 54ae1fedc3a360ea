import { type End, GuestFrame, type GuestFrameType } from '../wire/protocol.js';
import { ProtocolError } from '../wire/wire-errors.js';

/** How far the runner of one container has come: by what it said, and by whether it has been sent arguments, without which it waits. */
type Step = 'boot' | 'load' | 'loaded' | 'arguments' | 'call';

/** The last words that it can come to at each. */
const endsAt: Record<Step, readonly End['status'][]> = {
  boot: ['failed'],
  load: ['threw', 'exiting', 'neverSettles', 'noSuchExport', 'unloadable', 'failed'],
  loaded: [],
  arguments: ['failed'],
  call: ['returned', 'threw', 'uncarriable', 'tooLarge', 'exiting', 'neverSettles', 'failed'],
};

/** Whose turn it is. Code that is hostile can come by the delimiter and forge any frame; one that is out of turn gives it away. */
export interface Turns {
  /** Loading, Loaded, Ready: a step once taken is not taken again, as each begins to count time anew. @throws ProtocolError */
  take(type: GuestFrameType): void;
  /** The arguments are on their way: Ready is due. */
  sendArguments(): void;
  /** @throws ProtocolError when a piece of a value cannot come now */
  checkValue(): void;
  /** The last word of a call, after so many bytes of its value. @throws ProtocolError when no runner says that now */
  end(end: End, valueInBytes: number): void;
  /** Another call may come: until its arguments are on their way, the runner has nothing to say. */
  rest(): void;
  /** @throws ProtocolError when there is no call whose output could have been flushed */
  checkFlushed(): void;
}

export function createTurns(): Turns {
  let step: Step = 'boot';
  let due: GuestFrameType | null = GuestFrame.Loading;
  return {
    take(type) {
      if (type !== due) throw new ProtocolError(`Frame type ${type} came out of turn`);
      step = type === GuestFrame.Loading ? 'load' : type === GuestFrame.Loaded ? 'loaded' : 'call';
      due = type === GuestFrame.Loading ? GuestFrame.Loaded : null;
    },
    sendArguments() {
      step = 'arguments';
      due = GuestFrame.Ready;
    },
    checkValue() {
      if (step !== 'load' && step !== 'call') throw new ProtocolError('A value came out of turn');
    },
    end(end, valueInBytes) {
      const isOfStep = !('phase' in end) || end.phase === step;
      if (!endsAt[step].includes(end.status) || !isOfStep)
        throw new ProtocolError(`An end that ${end.status} came out of turn`);
      const declared = end.status === 'returned' || end.status === 'threw' ? end.valueInBytes : 0;
      if (declared !== valueInBytes) throw new ProtocolError(`A value of ${valueInBytes} bytes, of ${declared} declared`);
      due = null;
    },
    rest() {
      step = 'loaded';
      due = null;
    },
    checkFlushed() {
      // It may overtake the last word, which comes on another stream, but not the arguments.
      if (step === 'loaded') throw new ProtocolError('Output was flushed out of turn');
    },
  };
}
