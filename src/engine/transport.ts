import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { inspect } from 'node:util';
import type { DockerOptions } from 'dockerode';
import { EngineError } from './engine-error.js';
import type { Endpoint, TlsFiles } from './engine-url.js';
import { makeSshAgent } from './ssh-agent.js';

/** How requests get to an endpoint: the same for dockerode and for Node's own http. */
export interface Transport {
  readonly dockerode: DockerOptions;
  readonly protocol: 'http:' | 'https:';
  readonly request: http.RequestOptions;
}

/** A remote engine that vanished without a word is noticed after about two minutes: 15 s of silence, then the system's probes. */
const KEEP_ALIVE_DELAY_IN_MS = 15_000;

/**
 * @throws EngineError `tls` for TLS files that cannot be read
 */
export function makeTransport(endpoint: Endpoint): Transport {
  switch (endpoint.kind) {
    case 'unix': {
      // A new connection takes 0.1 ms, and none is left over that broke when the engine was restarted.
      const agent = opaque(new http.Agent({ keepAlive: false }));
      return {
        // host, too: docker-modem would take it from DOCKER_HOST, and prefer it.
        dockerode: forDockerode({ socketPath: endpoint.path, protocol: 'http', agent }),
        protocol: 'http:',
        request: { socketPath: endpoint.path, agent },
      };
    }
    case 'tcp': {
      const { host, port } = endpoint;
      const alive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_IN_MS };
      if (endpoint.tls === null) {
        const agent = opaque(new http.Agent(alive));
        return {
          dockerode: forDockerode({ host, port, protocol: 'http', agent }),
          protocol: 'http:',
          request: { host, port, agent },
        };
      }
      const material = readTls(endpoint.tls, endpoint.source);
      const agent = opaque(new https.Agent({ ...alive, ...material, rejectUnauthorized: endpoint.tls.verify }));
      return {
        dockerode: forDockerode({ host, port, protocol: 'https', agent }),
        protocol: 'https:',
        request: { host, port, agent },
      };
    }
    case 'ssh': {
      const agent = opaque(makeSshAgent(endpoint));
      // The name is never looked up: the agent's connections go where ssh goes.
      const host = 'engine';
      return {
        dockerode: forDockerode({ host, port: 80, protocol: 'http', agent }),
        protocol: 'http:',
        request: { host, agent },
      };
    }
  }
}

/**
 * docker-modem 5 makes a text of its options, hidden properties and all, for each request, and throws it away unless it is debugged:
 * an agent's innards are all its connections. With ten open ones that took 100 ms of a busy machine.
 */
function opaque<A extends http.Agent>(agent: A): A {
  return Object.assign(agent, { [inspect.custom]: () => agent.constructor.name });
}

/** docker-modem fills whatever is not given from DOCKER_HOST and its kin; the endpoint was chosen already. */
function forDockerode(options: Record<string, unknown>): DockerOptions {
  const untouched = { host: undefined, port: undefined, socketPath: undefined, ca: undefined, cert: undefined, key: undefined };
  // Its types do not know of `agent`.
  return { ...untouched, ...options } as DockerOptions;
}

function readTls(files: TlsFiles, source: string): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const read = (file: string) => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new EngineError('tls', `The TLS file ${file} (${source}) cannot be read`, {
        cause: error,
        hint: 'Check its permissions, DOCKER_CERT_PATH and the docker context',
      });
    }
  };
  return {
    ...(files.ca !== null && { ca: read(files.ca) }),
    ...(files.cert !== null && { cert: read(files.cert) }),
    ...(files.key !== null && { key: read(files.key) }),
  };
}
