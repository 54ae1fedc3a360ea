/**
 * What `nisher` is inside the container: a function's module may itself import `nisher` and wrap functions, as it does on the
 * host; calling what it wrapped is an error until nested limits exist.
 */
export {
  AnythingException,
  CpuTimeoutException,
  LimitedCallError,
  MemorylimitException,
  PynisherError,
  SignalException,
  SubprocessException,
  TimeoutException,
} from '../../src/exceptions.js';
export { untrusted } from '../../src/untrusted.js';

import { PynisherError } from '../../src/exceptions.js';

function refuse(name: string): never {
  throw new PynisherError(`\`${name}\` was called inside a container, where nested limits do not exist yet`, {
    hint: 'Call the function directly: the limits of the call it runs in apply to it as well',
  });
}

function nameOf(reference: unknown): string {
  if (typeof reference === 'function') return reference.name || 'the limited function';
  const exportName = (reference as { exportName?: unknown } | null | undefined)?.exportName;
  return typeof exportName === 'string' ? exportName : 'the limited function';
}

/**
 * Wraps, so that a module that limits its functions can be loaded here. Options are not looked at.
 * @returns a function with the attributes of the host's wrapper before its first call; calling it, or its `run`, throws a
 * `PynisherError`.
 */
export function enforceLimits(_options: object = {}): (target: unknown) => unknown {
  return (target) => {
    const name = nameOf(target);
    const close = async (): Promise<void> => {};
    return Object.assign(() => refuse(name), {
      result: null,
      exitStatus: null,
      osErrno: null,
      wallClockTime: null,
      cpuTime: null,
      peakMemory: null,
      stdout: null,
      stderr: null,
      exitCode: null,
      signal: null,
      error: null,
      run: () => refuse(name),
      close,
      [Symbol.asyncDispose]: close,
    });
  };
}

/** A reference to a module's function, as on the host. Options are not looked at. */
export function fromModule(
  url: string | URL,
  exportName = 'default',
  _options: object = {},
): { kind: 'module'; url: string; exportName: string } {
  return { kind: 'module', url: String(url), exportName };
}

/** A function of source text, as on the host. */
export function fromSource(source: unknown, options: { exportName?: string } = {}): object {
  return { kind: 'source', source, exportName: options.exportName ?? 'default' };
}

/** A context, as on the host. Nothing can be started with it here. */
export function getContext(method: string, options: object = {}): { method: string; options: object } {
  return { method, options };
}
