import path from 'node:path';
import { EngineError } from './engine-error.js';

/** Files that a TLS connection is made with, by their paths. */
export interface TlsFiles {
  ca: string | null;
  cert: string | null;
  key: string | null;
  /** Whether the engine's certificate must be signed by a known authority. */
  verify: boolean;
}

/** Where an engine may be listening. */
export type Endpoint = {
  /** For messages; also what makes two endpoints the same. */
  readonly url: string;
  /** Who says so, for messages: `DOCKER_HOST`, `the docker context "lab"`, ... */
  readonly source: string;
} & (
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | null }
  | { readonly kind: 'ssh'; readonly target: string; readonly port: number | null; readonly socketPath: string | null }
);

const EXPECTED = 'a URL like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host';

/**
 * Reads an engine's URL as the docker command does.
 * @param tls TLS files to use with `tcp://`; null: plain, unless the URL says https
 * @throws EngineError `bad-endpoint`
 */
export function parseEngineUrl(url: string, source: string, tls: TlsFiles | null): Endpoint {
  const bad = (problem: string) =>
    new EngineError(
      'bad-endpoint',
      `Expected the engine's address (${source}) to be ${EXPECTED}, got \`${withoutPassword(url)}\` ${problem}`,
      { hint: 'Mend it, or leave it out: the engine of this machine is found without' },
    );
  // As for the docker command, a bare host means tcp.
  const text = url.includes('://') ? url : `tcp://${url}`;
  if (text.startsWith('unix://')) {
    const socketPath = text.slice('unix://'.length);
    if (!path.isAbsolute(socketPath)) throw bad('(the path of a socket begins with /)');
    return { kind: 'unix', url: text, source, path: socketPath };
  }
  if (!URL.canParse(text)) throw bad('(not a URL)');
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  if (hostname === '') throw bad('(no host)');
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  switch (protocol) {
    case 'tcp:':
    case 'http:':
    case 'https:': {
      const files =
        protocol === 'http:'
          ? null
          : (tls ?? (protocol === 'https:' ? { ca: null, cert: null, key: null, verify: true } : null));
      // URL drops a port that is its protocol's default one.
      const given = /:(\d+)\/?$/.exec(text)?.[1] ?? port;
      const fallback = files === null ? 2375 : 2376;
      return { kind: 'tcp', url: text, source, host, port: given === '' ? fallback : Number(given), tls: files };
    }
    case 'ssh:':
      if (password !== '') throw bad('(ssh takes no password here: use a key or an agent)');
      // It becomes an argument of ssh, which must not take it for an option.
      if (host.startsWith('-') || username.startsWith('-')) throw bad('(a host or user cannot begin with -)');
      return {
        kind: 'ssh',
        url: text,
        source,
        target: username === '' ? host : `${decodeURIComponent(username)}@${host}`,
        port: port === '' ? null : Number(port),
        socketPath: pathname === '' || pathname === '/' ? null : pathname,
      };
    default:
      throw bad(`(\`${protocol}\` is not supported)`);
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@');
}
