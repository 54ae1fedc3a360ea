import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { RUNNER_PATH } from './container-options.js';
import { isContainerProcess } from './container-process.js';

/** A container's stdin itself. */
export interface ContainerInput {
  /** Writes all of the bytes, or none. @returns false when they find no room */
  write(bytes: Uint8Array): boolean;
  close(): void;
}

/** A pipe that is not to block takes so many bytes whole or not at all: PIPE_BUF, pipe(7). */
const WHOLE_UP_TO_BYTES = 4096;

/**
 * Opens the pipe that is a container's stdin, past engine and shim, which pass on what comes from process to process: 0.2 ms, a tenth of
 * a call in a container that waits. Only while nothing of the function's has run, which could put something else in the pipe's place.
 * @param pid of the container's first process
 * @returns null where that process is not one of this machine's, or is not what was asked to be started, but a machine's around it
 */
export function openContainerInput(pid: number, containerId: string): ContainerInput | null {
  let descriptor: number | null = null;
  const close = () => {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  };
  try {
    descriptor = openSync(`/proc/${pid}/fd/0`, constants.O_WRONLY | constants.O_NONBLOCK);
    // Asked afterwards: as that process is the container's, it was when its descriptor was opened.
    const isOurs = isContainerProcess(pid, containerId) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(RUNNER_PATH);
    if (!isOurs || !fstatSync(descriptor).isFIFO()) {
      close();
      return null;
    }
  } catch {
    close();
    return null;
  }
  return {
    write(bytes) {
      if (descriptor === null || bytes.length > WHOLE_UP_TO_BYTES) return false;
      try {
        return writeSync(descriptor, bytes) === bytes.length;
      } catch (error) {
        // A container that is gone takes nothing; its exit says why.
        return (error as NodeJS.ErrnoException).code === 'EPIPE';
      }
    },
    close,
  };
}
