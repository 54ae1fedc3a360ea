/**
 * Programs of a few system calls, for what Node has no function for (mount, ptrace, bpf, ...): a static ELF file for x86-64 Linux, made
 * of machine code. Neither a compiler nor a binary in the repository is needed, and the runner image has no shell to start with.
 */

/** Registers hold numbers; of bytes they hold the address. */
type Argument = number | bigint | Uint8Array;

/** How the kernel is called: `x32` is x86-64 with 32-bit pointers, `i386` the old gate `int 0x80`. Each has numbers of its own. */
type Abi = 'x86-64' | 'x32' | 'i386';

export interface SystemCall {
  readonly number: number;
  readonly args?: readonly Argument[];
  /** @default 'x86-64' */
  readonly abi?: Abi;
}

/** Machine code as it is, for loops. */
export interface Code {
  readonly code: readonly number[];
}

/** Why programs made here cannot run on this machine, or null. */
export const noMachineCode = process.arch === 'x64' ? null : `machine code for x86-64 cannot run on ${process.arch}`;

const BASE = 0x400000;
const HEADERS = 64 + 56;
const X32 = 0x40000000;

/** `mov register, value` with rdi, rsi, rdx, r10, r8, r9, in the order of a system call's arguments. */
const WIDE_REGISTERS = [
  [0x48, 0xbf],
  [0x48, 0xbe],
  [0x48, 0xba],
  [0x49, 0xba],
  [0x49, 0xb8],
  [0x49, 0xb9],
] as const;
/** The same of `int 0x80`: ebx, ecx, edx, esi, edi. */
const NARROW_REGISTERS = [[0xbb], [0xb9], [0xba], [0xbe], [0xbf]] as const;

/** cmp rax, -4095; jb over the rest; neg eax; mov edi, eax; mov eax, 60 (exit); syscall */
const EXIT_ON_ERROR = [0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff, 0x72, 0x0b, 0xf7, 0xd8, 0x89, 0xc7, 0xb8, 60, 0, 0, 0, 0x0f, 0x05];
/** xor edi, edi; mov eax, 60 (exit); syscall */
const EXIT = [0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05];

/** A program that makes these calls one after another, and exits with the errno of the first that fails, or 0. */
export function programOf(...steps: readonly (SystemCall | Code)[]): Uint8Array {
  // Where data lies depends on how long the code is, which does not depend on where data lies.
  const length = assemble(steps, 0).code.length;
  const { code, data } = assemble(steps, BASE + HEADERS + length);
  return Buffer.concat([headers(HEADERS + code.length + data.length), Buffer.from(code), data]);
}

function assemble(steps: readonly (SystemCall | Code)[], dataAt: number): { code: number[]; data: Buffer } {
  const code: number[] = [];
  let data = Buffer.alloc(0);
  const inRegister = (argument: Argument): bigint => {
    if (!(argument instanceof Uint8Array)) return BigInt(argument);
    const at = dataAt + data.length;
    data = Buffer.concat([data, argument]);
    return BigInt(at);
  };
  for (const step of steps) {
    if ('code' in step) {
      code.push(...step.code);
      continue;
    }
    const { number, args = [], abi = 'x86-64' } = step;
    if (abi === 'i386') {
      code.push(0xb8, ...narrow(BigInt(number)));
      args.forEach((argument, index) => {
        code.push(...(NARROW_REGISTERS[index] ?? []), ...narrow(inRegister(argument)));
      });
      code.push(0xcd, 0x80, 0x48, 0x98); // int 0x80; cdqe
    } else {
      code.push(0x48, 0xb8, ...wide(BigInt(abi === 'x32' ? number + X32 : number)));
      args.forEach((argument, index) => {
        code.push(...(WIDE_REGISTERS[index] ?? []), ...wide(inRegister(argument)));
      });
      code.push(0x0f, 0x05); // syscall
    }
    code.push(...EXIT_ON_ERROR);
  }
  return { code: [...code, ...EXIT], data };
}

function wide(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

function narrow(value: bigint): Buffer {
  return wide(value).subarray(0, 4);
}

/** ELF header and one program header: the whole file is one segment that can be read, written and run. */
function headers(fileLength: number): Buffer {
  const bytes = Buffer.alloc(HEADERS);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(2, 16); // executable
  bytes.writeUInt16LE(62, 18); // x86-64
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(BigInt(BASE + HEADERS), 24); // entry
  bytes.writeBigUInt64LE(64n, 32); // program headers at
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64); // PT_LOAD
  bytes.writeUInt32LE(7, 68);
  bytes.writeBigUInt64LE(BigInt(BASE), 80);
  bytes.writeBigUInt64LE(BigInt(BASE), 88);
  bytes.writeBigUInt64LE(BigInt(fileLength), 96);
  bytes.writeBigUInt64LE(BigInt(fileLength), 104);
  bytes.writeBigUInt64LE(0x1000n, 112);
  return bytes;
}
