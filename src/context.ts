import { inspect } from 'node:util';
import type { SandboxEngine } from './call/sandbox.js';
import { refuseUnknown, requireObject } from './options/check.js';

/** How the containers of a function are come by; the names are those of Python's `multiprocessing.get_context`. */
export type ContextMethod = 'spawn' | 'forkserver';

/** Options of {@link getContext}. */
export interface ContextOptions {
  /**
   * Where the engine listens: `unix://`, `tcp://` or `ssh://`.
   * @default as the docker command finds it: DOCKER_HOST, its current context, the default socket, rootless and Podman sockets
   */
  engine?: string | URL;
  /**
   * Image with nisher's runner in it, as `nisher image build --base` makes.
   * @default an image of this machine's own Node.js, built when first needed
   */
  image?: string;
  /**
   * The engine's OCI runtime, by the name it is configured under: `runsc`, `kata`, ...
   * @default the engine's own default
   */
  runtime?: string;
  /**
   * Containers kept ready, at most. Only for `'forkserver'`.
   * @default as the calls seen at once demand
   */
  warm?: number;
  /**
   * Calls that run at once, at most; further ones wait in order.
   * @default no bound
   */
  maxConcurrency?: number;
  /**
   * Network of the containers, by the engine's name for it.
   * @default 'none': loopback alone
   */
  network?: string;
  /**
   * Calls that one container serves before it is thrown away. More than 1 is for trusted functions: they share all state.
   * Only for `'forkserver'`.
   * @default 1
   */
  maxTasksPerChild?: number;
}

/** What {@link getContext} returns, for the option `context` of `enforceLimits`. */
export interface Context {
  readonly method: ContextMethod;
  readonly engine: string | null;
  readonly image: string | null;
  readonly runtime: string | null;
  readonly network: string;
  readonly warm: number | null;
  readonly maxConcurrency: number | null;
  readonly maxTasksPerChild: number;
}

const known = new WeakSet<object>();
const optionNames = [
  'engine',
  'image',
  'runtime',
  'warm',
  'maxConcurrency',
  'network',
  'maxTasksPerChild',
] as const satisfies readonly (keyof ContextOptions)[];
const engineProtocols = ['unix:', 'tcp:', 'http:', 'https:', 'ssh:', 'npipe:'];

/**
 * How the containers of a function are come by.
 *
 * - `'spawn'`: a container is started for each call.
 * - `'forkserver'` (default): containers are started ahead of the calls, with the function's module loaded; each serves one
 *   call and is then thrown away.
 *
 * @throws RangeError for `'fork'`, which cannot exist here, and for any other method; TypeError or RangeError for wrong options.
 */
export function getContext(method: ContextMethod = 'forkserver', options: ContextOptions = {}): Context {
  // Called from JavaScript, too.
  const given: unknown = method;
  if (given === 'fork') {
    throw new RangeError(
      "getContext('fork') cannot exist here: a running Node.js process cannot be forked. Use getContext('forkserver'), which has containers ready before the call, or getContext('spawn')",
    );
  }
  if (given !== 'spawn' && given !== 'forkserver') {
    throw new RangeError(`Expected the method of getContext to be 'spawn' or 'forkserver', got ${inspect(given)}`);
  }
  requireObject(options, 'getContext');
  refuseUnknown(options, optionNames, 'getContext');
  const context = Object.freeze({
    method: given,
    engine: checkEngine(options.engine),
    image: checkName('image', options.image),
    runtime: checkName('runtime', options.runtime),
    network: checkName('network', options.network) ?? 'none',
    warm: checkCount('warm', options.warm, 0),
    maxConcurrency: checkCount('maxConcurrency', options.maxConcurrency, 1),
    maxTasksPerChild: checkCount('maxTasksPerChild', options.maxTasksPerChild, 1) ?? 1,
  });
  known.add(context);
  return context;
}

/** @internal Whether getContext made it. */
export function isContext(value: unknown): value is Context {
  return typeof value === 'object' && value !== null && known.has(value);
}

/**
 * @internal The engine of a context, its image made sure of. What talks to Docker is loaded at the first call: importing nisher must
 * stay cheap.
 */
export async function openEngine(context: Context, onProgress: (line: string) => void): Promise<SandboxEngine> {
  const { openDockerEngine } = await import('./engine/docker-engine.js');
  return openDockerEngine({ engine: context.engine, image: context.image, onProgress });
}

function checkEngine(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = value instanceof URL ? value.href : value;
  const expected = "a URL like 'unix:///var/run/docker.sock', 'tcp://host:2376' or 'ssh://user@host'";
  if (typeof text !== 'string') throw new TypeError(`Expected \`engine\` to be ${expected}, got ${inspect(value)}`);
  if (!URL.canParse(text) || !engineProtocols.includes(new URL(text).protocol))
    throw new RangeError(`Expected \`engine\` to be ${expected}, got \`${text}\``);
  return text;
}

function checkName(name: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value === '')
    throw new TypeError(`Expected \`${name}\` to be a non-empty string, got ${inspect(value)}`);
  return value;
}

function checkCount(name: string, value: unknown, least: number): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number')
    throw new TypeError(`Expected \`${name}\` to be an integer of at least ${least}, got ${inspect(value)}`);
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`Expected \`${name}\` to be an integer of at least ${least}, got \`${value}\``);
  return value;
}
