import { createHash } from 'node:crypto';
import path from 'node:path';
import { EngineError } from './engine-error.js';
import { type Endpoint, parseEngineUrl, type TlsFiles } from './engine-url.js';

/** The text of a file, null when there is none. */
export type ReadText = (path: string) => string | null;

/** Name of the context that `docker context use` chose, null without one. */
export function currentContext(configFolder: string, readText: ReadText): string | null {
  const file = path.join(configFolder, 'config.json');
  const { currentContext: name } = parseJson(file, readText(file) ?? '{}');
  return typeof name === 'string' && name !== '' ? name : null;
}

/**
 * The endpoint of a docker context, from the docker command's own store.
 * @throws EngineError `bad-endpoint` for a context that is not there or has no Docker endpoint
 */
export function contextEndpoint(name: string, configFolder: string, source: string, readText: ReadText): Endpoint {
  // docker/cli, cli/context/store: folders are named by the SHA-256 of the context's name.
  const id = createHash('sha256').update(name).digest('hex');
  const file = path.join(configFolder, 'contexts', 'meta', id, 'meta.json');
  const text = readText(file);
  if (text === null) {
    throw new EngineError('bad-endpoint', `There is no docker context "${name}" (${source}): ${file} does not exist`, {
      hint: '`docker context ls` lists those there are',
    });
  }
  const { Endpoints } = parseJson(file, text) as { Endpoints?: { docker?: { Host?: unknown; SkipTLSVerify?: unknown } } };
  const host = Endpoints?.docker?.Host;
  if (typeof host !== 'string') {
    throw new EngineError('bad-endpoint', `The docker context "${name}" (${source}) names no Docker engine`, {
      hint: '`docker context inspect` shows it',
    });
  }
  const tls = tlsFilesIn(
    path.join(configFolder, 'contexts', 'tls', id, 'docker'),
    Endpoints?.docker?.SkipTLSVerify !== true,
    readText,
  );
  return parseEngineUrl(host, `the docker context "${name}"`, tls);
}

/** The TLS files of a folder, under the names the docker command gives them; null when there is none of them. */
export function tlsFilesIn(folder: string, verify: boolean, readText: ReadText): TlsFiles | null {
  const fileNamed = (name: string) => {
    const file = path.join(folder, name);
    return readText(file) === null ? null : file;
  };
  const files = { ca: fileNamed('ca.pem'), cert: fileNamed('cert.pem'), key: fileNamed('key.pem'), verify };
  return files.ca === null && files.cert === null && files.key === null ? null : files;
}

function parseJson(file: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    throw new EngineError('bad-endpoint', `${file} is not valid JSON`, {
      cause: error,
      hint: 'Mend it, or say where the engine is: `engine` of getContext, or DOCKER_HOST',
    });
  }
}
