import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import type { NodeFiles } from '../../runner-image/rootfs.js';
import { ownEnvironment } from '../own-environment.js';

/** This machine's node, as an image needs to know it. */
export interface HostNode extends NodeFiles {
  /** Threads once its thread pool is filled: 11 with Node 20. */
  readonly tasks: number;
}

const SAMPLES = 16;
const SAMPLE_IN_BYTES = 4096;

/**
 * What tells this node from another. Of the binary, 16 blocks are read: hashing the whole 100 MB would cost 80 ms at each start
 * of a program.
 */
export function nodeIdentity(): string {
  const binary = openSync(realpathSync(process.execPath), 'r');
  try {
    const { size } = fstatSync(binary);
    const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch} ${size}\n`);
    const block = Buffer.alloc(SAMPLE_IN_BYTES);
    for (let sample = 0; sample < SAMPLES; sample++) {
      const length = readSync(binary, block, 0, SAMPLE_IN_BYTES, Math.floor((size / SAMPLES) * sample));
      hash.update(block.subarray(0, length));
    }
    return hash.digest('hex');
  } finally {
    closeSync(binary);
  }
}

/** Asked of a node of its own: this program has loaded libraries and started threads that are none of node's. */
const QUESTIONS = `
const { readFileSync, stat } = require('node:fs');
process.report.excludeNetwork = true;
stat('/', () => console.log(JSON.stringify({
  tasks: Number(/^Threads:\\s*(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]),
  libraries: process.report.getReport().sharedObjects,
  builtins: process.config.variables.node_builtin_shareable_builtins ?? [],
})));
`;

/** Starts a bare node, which takes about 50 ms. */
export async function askHostNode(): Promise<HostNode> {
  const { PATH, LD_LIBRARY_PATH } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', QUESTIONS], {
    env: ownEnvironment({ PATH, ...(LD_LIBRARY_PATH !== undefined && { LD_LIBRARY_PATH }) }, {}),
    timeout: 30_000,
  });
  const { tasks, libraries, builtins } = JSON.parse(stdout) as Omit<HostNode, 'binary'>;
  // The vDSO has no file; built-ins that are in the binary have relative names.
  const isFile = (file: string) => file.startsWith('/') && existsSync(file);
  return {
    binary: realpathSync(process.execPath),
    tasks,
    libraries: libraries.filter(isFile),
    builtins: builtins.filter(isFile),
  };
}
