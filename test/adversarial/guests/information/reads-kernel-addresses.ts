import { readFileSync } from 'node:fs';

/** Whether the kernel tells where anything of it lies. */
export default function readsKernelAddresses(): string {
  try {
    return /^(?!0{16} )/m.test(readFileSync('/proc/kallsyms', 'utf8').trim()) ? 'told' : 'hidden';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'hidden' : 'unknown';
  }
}
