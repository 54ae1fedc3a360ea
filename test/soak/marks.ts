import type { Outcome } from '../../src/index.js';
import type { BeginMark, EndMark } from './guest/marks.js';

/** What the function itself said of its call: moments are those of clock.ts. */
export interface Marks {
  /** null: it has not begun, or what it printed is lost. */
  readonly began: Began | null;
  /** null: it does not tell, or it did not come to its end. */
  readonly ended: { readonly atInS: number; readonly cpuInS: number; readonly line: string } | null;
}

export interface Began {
  readonly processStartedAtInS: number;
  /** null: its module was still being loaded. */
  readonly loadedAtInS: number | null;
  readonly atInS: number;
  /** Of its process until then. */
  readonly cpuInS: number;
  readonly served: number;
  readonly container: string | null;
  /** The line that says so. */
  readonly line: string;
}

const LONGEST_LINE = 1000;
const seconds = (nanoseconds: string) => Number(BigInt(nanoseconds)) / 1e9;

export function marksIn({ stdoutBytes }: Pick<Outcome, 'stdoutBytes'>): Marks {
  const head = Buffer.from(stdoutBytes.subarray(0, LONGEST_LINE)).toString('latin1');
  const tail = Buffer.from(stdoutBytes.subarray(-LONGEST_LINE)).toString('latin1');
  const [beganLine, beganText] = /^\[began (\{.*\})\]\n/.exec(head) ?? [];
  const [endedLine, endedText] = /\[ended (\{.*\})\]\n$/.exec(tail) ?? [];
  const began = beganText === undefined ? null : (JSON.parse(beganText) as BeginMark);
  const ended = endedText === undefined ? null : (JSON.parse(endedText) as EndMark);
  return {
    began: began && {
      processStartedAtInS: seconds(began.startedAt),
      loadedAtInS: began.loadedAt === null ? null : seconds(began.loadedAt),
      atInS: seconds(began.beganAt),
      cpuInS: began.cpuInUs / 1e6,
      served: began.served,
      container: began.container,
      line: beganLine ?? '',
    },
    ended: ended && { atInS: seconds(ended.endedAt), cpuInS: ended.cpuInUs / 1e6, line: endedLine ?? '' },
  };
}
