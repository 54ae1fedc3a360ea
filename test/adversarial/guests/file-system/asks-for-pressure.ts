import { openSync, writeSync } from 'node:fs';

/** Asks the kernel to be told when processors are short, and tells why that is refused. */
export default function asksForPressure(trigger: string): string {
  try {
    writeSync(openSync('/proc/pressure/cpu', 'r+'), `${trigger}\0`);
    return 'granted';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}
