/** What a native addon was built for, as its header says; null when it is none of the known kinds. */
export interface AddonTarget {
  readonly platform: 'linux' | 'darwin' | 'win32';
  /** As `process.arch`; `unknown` for a processor Node does not run on. */
  readonly arch: string;
}

/** e_machine of the ELF specification. */
const elfMachines: Readonly<Record<number, string>> = {
  3: 'ia32',
  8: 'mips',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

/** cputype of mach/machine.h, which has 0x01000000 for 64 bits. */
const machTypes: Readonly<Record<number, string>> = { 7: 'ia32', 16777223: 'x64', 16777228: 'arm64' };

/** Machine of the PE/COFF specification. */
const peMachines: Readonly<Record<number, string>> = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' };

/** What {@link addonTarget} needs of a file. */
export const HEADER_BYTES = 1024;

/** Reads the header of a shared library. */
export function addonTarget(header: Buffer): AddonTarget | null {
  if (header.length >= 20 && header.readUInt32BE(0) === 0x7f454c46) {
    const machine = header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18);
    return { platform: 'linux', arch: elfMachines[machine] ?? 'unknown' };
  }
  if (header.length >= 8 && (header.readUInt32LE(0) & 0xfffffffe) >>> 0 === 0xfeedface) {
    return { platform: 'darwin', arch: machTypes[header.readUInt32LE(4)] ?? 'unknown' };
  }
  // A universal binary, for several processors.
  if (header.length >= 4 && header.readUInt32BE(0) === 0xcafebabe) return { platform: 'darwin', arch: 'universal' };
  if (header.length >= 64 && header.toString('latin1', 0, 2) === 'MZ') {
    const at = header.readUInt32LE(0x3c);
    const machine = at + 6 <= header.length ? header.readUInt16LE(at + 4) : 0;
    return { platform: 'win32', arch: peMachines[machine] ?? 'unknown' };
  }
  return null;
}
