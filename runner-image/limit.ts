import type { LimitKind, LimitNotice } from '../src/wire/protocol.js';
import { outer } from './outer.js';

const { kill, pid, once, listenerCount } = process;

const signals = { wallTime: 'SIGALRM', cpuTime: 'SIGXCPU', abort: 'SIGTERM' } as const satisfies Record<
  LimitKind,
  NodeJS.Signals
>;
const exceptions = {
  wallTime: 'TimeoutException',
  cpuTime: 'CpuTimeoutException',
  abort: 'SignalException',
} as const satisfies Record<LimitKind, string>;

let controller: AbortController | undefined;

/** Offers the signal to guest/limit-signal.ts, which is bundled for itself; made when it is first asked for. */
export function offerLimitSignal(): void {
  Object.defineProperty(outer.globalThis, Symbol.for('nisher.limitSignal'), {
    get() {
      controller ??= new outer.AbortController();
      return controller.signal;
    },
  });
}

/** The exception of the guest's `nisher`, so that `instanceof` holds for a function that imports it. */
function exceptionOf({ kind, message }: LimitNotice): unknown {
  const guest = outer.requireModule(`${outer.directory}/guest/index.mjs`) as typeof import('./guest/index.js');
  return new guest[exceptions[kind]](message);
}

/** Tells the function that its grace period has begun: aborts limitSignal, then raises the limit's signal. */
export function giveNotice(notice: LimitNotice): void {
  controller?.abort(exceptionOf(notice));
  const signal = signals[notice.kind];
  // With nobody listening the signal's default action would end the process, and with it the grace period.
  if (Reflect.apply(listenerCount, process, [signal]) === 0) Reflect.apply(once, process, [signal, () => {}]);
  kill(pid, signal);
}
