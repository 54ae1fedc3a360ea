import path from 'node:path';
import { contextEndpoint, currentContext, type ReadText, tlsFilesIn } from './docker-context.js';
import { EngineError } from './engine-error.js';
import { type Endpoint, parseEngineUrl, type TlsFiles } from './engine-url.js';

/** Socket of the engine that `nisher engine start` starts. Only root can start it; the group docker may use it. */
export const privateEngineSocket = '/run/nisher/docker.sock';

/** What the choice of endpoints depends on. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  home: string;
  uid: number;
  readText: ReadText;
}

/**
 * Where an engine is looked for, in order; more than one only when nobody said where.
 * The order is the docker command's own: https://docs.docker.com/reference/cli/docker/#environment-variables
 * @param engine a URL that overrides everything else
 * @throws EngineError `bad-endpoint` or `tls`
 */
export function chooseEndpoints(engine: string | null, surroundings: Surroundings): readonly Endpoint[] {
  const { env, home, readText } = surroundings;
  const configFolder = env.DOCKER_CONFIG || path.join(home, '.docker');
  if (engine !== null) return [parseEngineUrl(engine, 'option `engine`', environmentTls(env, configFolder, readText))];
  if (env.DOCKER_HOST) return [parseEngineUrl(env.DOCKER_HOST, 'DOCKER_HOST', environmentTls(env, configFolder, readText))];

  const named = env.DOCKER_CONTEXT || null;
  const context = named ?? currentContext(configFolder, readText);
  if (context !== null && context !== 'default') {
    const source = named === null ? path.join(configFolder, 'config.json') : 'DOCKER_CONTEXT';
    return [contextEndpoint(context, configFolder, source, readText)];
  }
  return defaultSockets(surroundings).map((socket) => ({
    kind: 'unix',
    url: `unix://${socket}`,
    source: 'default socket',
    path: socket,
  }));
}

function defaultSockets({ env, home, uid }: Surroundings): string[] {
  const runtimeFolder = runtimeFolderOf(env, uid);
  return [
    '/var/run/docker.sock',
    privateEngineSocket,
    path.join(runtimeFolder, 'docker.sock'),
    path.join(home, '.docker/run/docker.sock'),
    path.join(home, '.docker/desktop/docker.sock'),
    path.join(runtimeFolder, 'podman/podman.sock'),
    '/run/podman/podman.sock',
  ];
}

function environmentTls(env: Surroundings['env'], configFolder: string, readText: ReadText): TlsFiles | null {
  if (!env.DOCKER_TLS_VERIFY) return null;
  const folder = env.DOCKER_CERT_PATH || configFolder;
  const files = tlsFilesIn(folder, true, readText);
  if (files === null) {
    throw new EngineError(
      'tls',
      `DOCKER_TLS_VERIFY is set, but none of ca.pem, cert.pem and key.pem can be read in ${folder}`,
      {
        hint: 'Set DOCKER_CERT_PATH to the folder that has them',
      },
    );
  }
  return files;
}

function runtimeFolderOf(env: Surroundings['env'], uid: number): string {
  return env.XDG_RUNTIME_DIR || `/run/user/${uid}`;
}
