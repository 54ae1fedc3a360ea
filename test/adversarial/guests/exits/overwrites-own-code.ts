import { openSync, readFileSync, writeSync } from 'node:fs';

/** Fills the machine code of the C library that it runs on with one instruction, by way of its own memory. */
export default function overwritesOwnCode(instruction: number): void {
  const line =
    readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .find((one) => /r-xp.*libc\.so/.test(one)) ?? '';
  const [from = 0, to = 0] = (line.split(' ', 1)[0] ?? '').split('-').map((address) => Number.parseInt(address, 16));
  const memory = openSync('/proc/self/mem', 'r+');
  writeSync(memory, Buffer.alloc(to - from, instruction), 0, to - from, from);
}
