import { PynisherError } from '../exceptions.js';

/** What kind of trouble with the engine it is: stable, for programs to decide by. */
export type EngineErrorKind =
  /** Nothing listens anywhere an engine is looked for. */
  | 'no-engine'
  | 'no-answer'
  | 'permission'
  /** The engine's URL, or the docker context it comes from, cannot be used. */
  | 'bad-endpoint'
  | 'tls'
  | 'no-image'
  /** The image is there, but this version of nisher did not make it. */
  | 'foreign-image'
  | 'build-failed'
  | 'unknown-runtime'
  /** The container's runtime would ignore a limit, or break on it. */
  | 'unkept-limit'
  | 'no-network'
  /** The memory limit keeps a container from starting. */
  | 'memory'
  /** Its first process was killed between the two steps of its start. */
  | 'ended-early'
  /** The image lacks the program, or it cannot be executed. */
  | 'command'
  | 'gone'
  | 'conflict'
  /** The connection broke in the middle of something. */
  | 'connection'
  | 'other';

/** @internal */
export interface EngineErrorOptions {
  cause?: unknown;
  hint?: string | undefined;
}

/** A {@link PynisherError} that is the engine's, or about it. */
export class EngineError extends PynisherError {
  readonly kind: EngineErrorKind;
  /** There when the memory limit is what kept a container from starting. */
  declare readonly refusal?: 'memory';

  constructor(kind: EngineErrorKind, message: string, options: EngineErrorOptions = {}) {
    super(message, options);
    // The name is part of the API: it is the call's exitStatus.
    this.name = 'PynisherError';
    this.kind = kind;
    if (kind === 'memory') this.refusal = 'memory';
  }
}

/** What an error of dockerode, of an HTTP answer or of a socket says. */
interface Trouble {
  /** HTTP status of the answer, 0 without one. */
  status: number;
  /** System error code, '' without one. */
  code: string;
  /** The engine's own words. */
  message: string;
}

interface Rule {
  kind: EngineErrorKind;
  applies: (trouble: Trouble) => boolean;
  hint: string | undefined;
}

const ITS_LOG = "its log (`journalctl -u docker`, or `-u podman`; `nisher engine status` says where a private engine's is)";
const START_HINT = 'Start one with `nisher engine start`, or say where it is: `engine` of getContext, or DOCKER_HOST';
const says = (pattern: RegExp) => (trouble: Trouble) => pattern.test(trouble.message);
const hasCode =
  (...codes: string[]) =>
  (trouble: Trouble) =>
    codes.includes(trouble.code);

/** First match wins. The engines' words differ between versions; those seen are in the test. */
const rules: readonly Rule[] = [
  {
    kind: 'memory',
    applies: says(
      /OOM[- ]killed|minimum memory limit|minimum memory usage|memory limit too low|unable to set memory limit|cannot allocate memory/i,
    ),
    hint: 'Raise memInMb',
  },
  {
    // containerd's, of a runtime's program that is gone when it is told to go on; and runc's, where that is quicker to see it.
    kind: 'ended-early',
    applies: says(/cannot start a (stopped process|container that has stopped)/i),
    hint: 'Its first process was killed before it could begin: raise memInMb if that is low, and see what else kills processes there',
  },
  {
    kind: 'unknown-runtime',
    applies: says(
      /unknown (or invalid )?runtime|invalid runtime name|runtime .* not found|default OCI runtime .* not found|no such runtime|runtime "?[^"]*"? (is not|not) (found|installed)/i,
    ),
    hint: "Use one that `docker info --format '{{.Runtimes}}'` lists, or leave `runtime` out",
  },
  {
    kind: 'no-image',
    applies: says(
      /no such image|image not known|unable to find .*image|pull access denied|manifest unknown|short-name .* did not resolve/i,
    ),
    hint: 'Make it with `nisher image build --base NAME`, or leave `image` out',
  },
  {
    kind: 'no-network',
    applies: says(/network \S+ not found|network not found|no such network|unable to find network/i),
    hint: 'Name a network that `docker network ls` lists, or leave `network` out',
  },
  {
    kind: 'command',
    applies: says(
      /executable file .*not found|no such file or directory: unknown|permission denied: unknown|crun: .* not found|exec format error/i,
    ),
    hint: 'Rebuild the image: `nisher image build`, with `--base NAME` for one of your own',
  },
  {
    kind: 'tls',
    applies: says(/certificate|self[- ]signed|SSL routines|HTTP request to an HTTPS server|wrong version number/i),
    hint: 'Check DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or the TLS files of the docker context',
  },
  {
    kind: 'permission',
    applies: hasCode('EACCES', 'EPERM'),
    hint: 'Become a member of the group that owns the socket (`sudo usermod -aG docker $USER`, then log in anew), use sudo, or a rootless engine',
  },
  {
    kind: 'no-engine',
    applies: says(/^ssh \S+ ended with/),
    hint: 'Check that `ssh HOST docker version` works without asking for anything',
  },
  {
    kind: 'no-engine',
    applies: hasCode('ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ENOTSOCK'),
    hint: START_HINT,
  },
  {
    kind: 'no-answer',
    applies: hasCode('ETIMEDOUT', 'ABORT_ERR', 'UND_ERR_CONNECT_TIMEOUT'),
    hint: `See ${ITS_LOG}; \`nisher doctor\` tells when it is well`,
  },
  {
    kind: 'connection',
    applies: hasCode('ECONNRESET', 'EPIPE', 'ECONNABORTED', 'HPE_INVALID_CONSTANT'),
    hint: `The engine may have been restarted: try again, and see ${ITS_LOG}`,
  },
  {
    kind: 'other',
    applies: says(/^it says that it has, without/),
    hint: 'Is it a Docker engine that answers there? See what `docker version` says of it',
  },
  { kind: 'gone', applies: ({ status }) => status === 404, hint: undefined },
  { kind: 'conflict', applies: ({ status }) => status === 409, hint: undefined },
  { kind: 'other', applies: () => true, hint: undefined },
];

/**
 * The one funnel: whatever dockerode, a socket or an HTTP answer came up with, as an EngineError.
 * @param doing what was tried, like `create a container`
 */
export function toEngineError(error: unknown, doing: string): PynisherError {
  if (error instanceof PynisherError) return error;
  const trouble = troubleOf(error);
  const rule = rules.find(({ applies }) => applies(trouble)) as Rule;
  const told = trouble.status === 0 ? trouble.message : `${trouble.message} (HTTP ${trouble.status})`;
  return new EngineError(rule.kind, `The engine could not ${doing}: ${told}`, { cause: error, hint: rule.hint });
}

/** Whether the engine answered with that HTTP status. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return statuses.includes(troubleOf(error).status);
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Error)) return { status: 0, code: '', message: String(error) };
  const { statusCode, code, json, errors } = error as Error & {
    statusCode?: unknown;
    code?: unknown;
    json?: { message?: unknown } | null;
    errors?: readonly unknown[];
  };
  // Node tries each address of a host name; the first error stands for all.
  if (error instanceof AggregateError && errors?.[0] !== undefined) return troubleOf(errors[0]);
  const answered = json?.message;
  return {
    status: typeof statusCode === 'number' ? statusCode : 0,
    code: error.name === 'TimeoutError' || error.name === 'AbortError' ? 'ABORT_ERR' : typeof code === 'string' ? code : '',
    message: (typeof answered === 'string' ? answered : error.message).trim(),
  };
}
