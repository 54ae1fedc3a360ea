import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync, writeSync } from 'node:fs';
import { RUNNER_PATH } from './container-options.js';
import { isContainerProcess } from './container-process.js';

/**
 * A container's three pipes themselves, past engine and shim, which pass on what comes from process to process. Found before the runner
 * has the function's code, or at the latest as it begins to load that.
 */
export interface ContainerPipes {
  /** Writes all of the bytes to stdin, or none. @returns false when they find no room, or it is closed */
  writeStdin(bytes: Uint8Array): boolean;
  closeStdin(): void;
  /** Opens both outputs for {@link OutputEnds}, while the container lives. @returns null when they are not there any more */
  openOutputs(): OutputEnds | null;
}

/** Both outputs of a container that is about to be killed. While they are open, the engine waits for more. */
export interface OutputEnds {
  /** Writes these bytes, once, behind what each holds, where it has room. @returns whether both have taken them */
  write(bytes: Uint8Array): boolean;
  close(): void;
}

/** A pipe that is not to block takes so many bytes whole or not at all: PIPE_BUF, pipe(7). */
const WHOLE_UP_TO_BYTES = 4096;
const [STDIN, STDOUT, STDERR] = [0, 1, 2];

/**
 * @param pid of the container's first process
 * @returns null where that process is not one of this machine's, or is not what was asked to be started, but a machine's around it
 */
export function findContainerPipes(pid: number, containerId: string): ContainerPipes | null {
  const nameOf = (descriptor: number) => `/proc/${pid}/fd/${descriptor}`;
  let stdin: number | null = null;
  const closeStdin = () => {
    if (stdin !== null) closeSync(stdin);
    stdin = null;
  };
  try {
    // Another process's is not even opened.
    if (!isContainerProcess(pid, containerId) || !isRunner(pid)) return null;
    stdin = openToWrite(nameOf(STDIN));
    const outputs = [STDOUT, STDERR].map((descriptor) => ({
      name: nameOf(descriptor),
      stats: statSync(nameOf(descriptor)),
    }));
    const arePipes = [fstatSync(stdin), ...outputs.map(({ stats }) => stats)].every((stats) => stats.isFIFO());
    // Asked again: as that process is the container's still, it was when its descriptor was opened.
    if (!arePipes || !isContainerProcess(pid, containerId)) {
      closeStdin();
      return null;
    }
    return {
      closeStdin,
      writeStdin(bytes) {
        if (stdin === null || bytes.length > WHOLE_UP_TO_BYTES) return false;
        try {
          return writeSync(stdin, bytes) === bytes.length;
        } catch (error) {
          // A container that is gone takes nothing; its exit says why.
          return (error as NodeJS.ErrnoException).code === 'EPIPE';
        }
      },
      openOutputs: () => openOutputs(outputs),
    };
  } catch {
    closeStdin();
    return null;
  }
}

function isRunner(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(RUNNER_PATH);
}

function openToWrite(name: string): number {
  return openSync(name, constants.O_WRONLY | constants.O_NONBLOCK);
}

function openOutputs(outputs: readonly { name: string; stats: Stats }[]): OutputEnds | null {
  const opened: number[] = [];
  const close = () => {
    for (const descriptor of opened.splice(0)) closeSync(descriptor);
  };
  try {
    for (const { name, stats } of outputs) {
      const descriptor = openToWrite(name);
      opened.push(descriptor);
      const { ino, dev } = fstatSync(descriptor);
      // The function may have put something else there meanwhile, which is not ours to write to.
      if (ino !== stats.ino || dev !== stats.dev) throw new Error('Another pipe than at first');
    }
  } catch {
    close();
    return null;
  }
  return {
    close,
    write(bytes) {
      for (const descriptor of [...opened]) {
        try {
          writeSync(descriptor, bytes);
        } catch {
          continue;
        }
        opened.splice(opened.indexOf(descriptor), 1);
        closeSync(descriptor);
      }
      return opened.length === 0;
    },
  };
}
