import { readFileSync, writeFileSync } from 'node:fs';

/** What the kernel goes by when it has to kill: lower lives longer. */
export default function protectsItself(): string[] {
  const read = () => readFileSync('/proc/self/oom_score_adj', 'utf8').trim();
  const before = read();
  try {
    writeFileSync('/proc/self/oom_score_adj', '-1000');
    return [before, read()];
  } catch (error) {
    return [before, (error as NodeJS.ErrnoException).code ?? ''];
  }
}
