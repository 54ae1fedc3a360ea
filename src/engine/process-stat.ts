import { readFileSync } from 'node:fs';

/** What the kernel says of a process. proc_pid_stat(5) */
export interface ProcessStat {
  /** Whether it has ended, though nobody has asked for its status yet: a zombie. */
  readonly hasEnded: boolean;
  /** Whether it has begun to end, and has perhaps not closed all its files yet. */
  readonly isEnding: boolean;
  /** In clock ticks since the boot. */
  readonly startTime: string;
  /** As waitpid(2) gives it: the number of the signal that ended it, or 256 times what it exited with; 0 where this user may not see it. */
  readonly waitStatus: number;
}

/** PF_EXITING in the kernel's include/linux/sched.h. */
const EXITING = 0x4;

/** @returns null when there is no process of that number, or no /proc */
export function readProcessStat(pid: number): ProcessStat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The second field, the name, is in parentheses and may have blanks and parentheses itself. What follows begins with the third.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => fields[number - 3] ?? '';
  return {
    hasEnded: /^[ZX]$/.test(field(3)),
    isEnding: (Number(field(9)) & EXITING) !== 0,
    startTime: field(22),
    waitStatus: Number(field(52)),
  };
}
