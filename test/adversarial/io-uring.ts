import { programOf, type SystemCall } from '../support/machine-code.js';

/** An operation as the kernel takes it from a ring, instead of as a system call that seccomp would see. */
export interface RingOperation {
  /** IORING_OP_… of linux/io_uring.h. */
  readonly opcode: number;
  readonly descriptor?: number;
  /** `off`, or what lies in its place. */
  readonly offset?: number;
  /** What `addr` points to. */
  readonly bytes?: Uint8Array;
  readonly length?: number;
  /** `open_flags`, or what lies in its place. */
  readonly flags?: number;
}

const [getpid, mmap, ioUringSetup, ioUringEnter] = [39, 9, 425, 426];
const [readAndWrite, sharedAndPopulated, submissionEntries, waitForCompletion] = [3, 0x8001, 0x1000_0000, 1];
const [EMPTY_PARAMETERS, PAGE] = [Buffer.alloc(120), 4096];

/**
 * A program that has the kernel do this by way of io_uring, after these system calls; it exits with the errno that comes of it, or 0.
 * @param descriptor that the ring gets: a program started with three descriptors gets the fourth, if no call before it took that
 */
export function throughRing(operation: RingOperation, before: readonly SystemCall[] = [], descriptor = 3): Uint8Array {
  return programOf(
    ...before,
    { number: ioUringSetup, args: [1, EMPTY_PARAMETERS] },
    { code: [0x49, 0x89, 0xf5] }, // mov r13, rsi: the parameters, with the offsets that the kernel has written
    { number: mmap, args: [0, PAGE, readAndWrite, sharedAndPopulated, descriptor, 0] },
    { code: [0x49, 0x89, 0xc6] }, // mov r14, rax: both rings
    { number: mmap, args: [0, PAGE, readAndWrite, sharedAndPopulated, descriptor, submissionEntries] },
    { code: [0x49, 0x89, 0xc7] }, // mov r15, rax: the entry
    // Does nothing, but to have both addresses in rdi and rsi.
    { number: getpid, args: [entryOf(operation), operation.bytes ?? 0] },
    {
      code: [
        ...[0x48, 0x89, 0x77, 0x10], // mov [rdi+16], rsi: addr
        ...[0x48, 0x89, 0xfe, 0x4c, 0x89, 0xff, 0xb9, 64, 0, 0, 0, 0xf3, 0xa4], // mov rsi, rdi; mov rdi, r15; mov ecx, 64; rep movsb
        ...[0x41, 0x8b, 0x45, 44], // mov eax, [r13+44]: where the tail of the submissions is
        ...[0x41, 0xc7, 0x04, 0x06, 1, 0, 0, 0], // mov dword [r14+rax], 1
      ],
    },
    { number: ioUringEnter, args: [descriptor, 1, 1, waitForCompletion, 0, 0] },
    {
      code: [
        // A worker of the kernel's may still be at it. again: mov eax, [r13+84]: where the tail of the completions is; mov eax, [r14+rax];
        // test eax, eax; jnz there; mov eax, 426; xor esi, esi; syscall; jmp again; there:
        ...[0x41, 0x8b, 0x45, 84, 0x41, 0x8b, 0x04, 0x06, 0x85, 0xc0, 0x75, 0x0b],
        ...[0xb8, 0xaa, 0x01, 0, 0, 0x31, 0xf6, 0x0f, 0x05, 0xeb, 0xe9],
        ...[0x41, 0x8b, 0x45, 100], // mov eax, [r13+100]: where the completions are
        ...[0x41, 0x8b, 0x44, 0x06, 0x08], // mov eax, [r14+rax+8]: the result of the first
        ...[0x31, 0xff, 0x85, 0xc0, 0x79, 0x04, 0xf7, 0xd8, 0x89, 0xc7], // xor edi, edi; test eax, eax; jns over; neg eax; mov edi, eax
        ...[0xb8, 231, 0, 0, 0, 0x0f, 0x05], // over: mov eax, 231 (exit_group: the kernel's worker is a thread, too); syscall
      ],
    },
  );
}

function entryOf({ opcode, descriptor = 0, offset = 0, length = 0, flags = 0 }: RingOperation): Buffer {
  const entry = Buffer.alloc(64);
  entry.writeUInt8(opcode, 0);
  entry.writeInt32LE(descriptor, 4);
  entry.writeBigUInt64LE(BigInt(offset), 8);
  entry.writeUInt32LE(length, 24);
  entry.writeUInt32LE(flags, 28);
  return entry;
}
