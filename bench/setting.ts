import type Docker from 'dockerode';
import { containerOptionsOf } from './baselines/container-options.js';

// By computed names: the compiler would look for the built files, and tsx take the sources instead.
export const built = <M>(path: string) => import(new URL(`../dist/src/${path}`, import.meta.url).href) as Promise<M>;

export type Nisher = typeof import('../src/index.js');

/** What every row measures with. */
export interface Setting {
  /** The built package, as users have it. */
  readonly nisher: Nisher;
  readonly docker: Docker;
  /** Where the engine is, as the docker command takes it. */
  readonly engineUrl: string;
  /** The value of the label `nisher.owner` of this program's containers. */
  readonly owner: string;
  /** Options of a container like those of nisher's calls, which runs that program instead of the runner. */
  containerOptions(program: string): Docker.ContainerCreateOptions;
  /** Folder of pynisher 0.6.4, which is no part of this project; null: leave it out. */
  readonly pynisher: string | null;
  readonly say: (line: string) => void;
}

/** The limits of all trivial calls. */
export const LIMITS = { memInMb: 256, cpuTimeInS: 10, wallTimeInS: 10, numProcesses: 10 } as const;

export async function openSetting(pynisher: string | null, say: (line: string) => void): Promise<Setting> {
  const nisher = await built<Nisher>('index.js');
  const { connect } = await built<typeof import('../src/engine/connect.js')>('engine/connect.js');
  const { formatOwner, thisOwner } = await built<typeof import('../src/engine/owner.js')>('engine/owner.js');
  const { docker, endpoint } = await connect(null);
  const owner = formatOwner(thisOwner());
  const sleeping = nisher.enforceLimits({ ...LIMITS, context: nisher.getContext('spawn') })(
    () => new Promise((resolve) => setTimeout(resolve, 500)),
  );
  // Builds the image, and tries it, which takes a container of its own.
  await sleeping();
  const options = await containerOptionsOf(docker, owner, sleeping());
  await sleeping.close();
  const nodeOptions = (options.Cmd ?? []).slice(0, -1);
  return {
    nisher,
    docker,
    engineUrl: endpoint.url,
    owner,
    containerOptions: (program) => ({ ...options, Cmd: [...nodeOptions, '--eval', program] }),
    pynisher,
    say,
  };
}
