import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

/** Debian's: python3-psutil, which pynisher needs, is for that one. */
const PYTHON = '/usr/bin/python3';

/** A Python program that measures something each time it is asked to. */
export interface PythonBaseline {
  /** Milliseconds, by its own clock. */
  measure(): Promise<number>;
  close(): void;
}

/** @returns null where there is no Python */
export function openPython(script: 'python_fork.py' | 'pynisher_fork.py', ...words: string[]): PythonBaseline | null {
  if (!existsSync(PYTHON)) return null;
  const path = fileURLToPath(new URL(`./${script}`, import.meta.url));
  const child = spawn(PYTHON, [path, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async measure() {
      child.stdin.write('\n');
      const { value } = await lines.next();
      if (value === undefined) throw new Error(`${script} ended (its reason is on stderr); has it python3-psutil?`);
      return Number(value);
    },
    close: () => child.stdin.end(),
  };
}
