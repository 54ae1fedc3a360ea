import { readFileSync } from 'node:fs';

/** What the kernel counts for a container, since its start. */
export interface Counters {
  readonly cpuInS: number;
  readonly memInBytes: number;
  readonly oomKills: number;
  readonly pidsRefused: number;
}

/** Reads them, and the numbers of the processes, for the container whose first process this is; written apart from what nisher reads them with. */
export function countersOf(pid: number): { counters(): Counters; pids(): number[] } {
  const paths = new Map(
    readFileSync(`/proc/${pid}/cgroup`, 'utf8')
      .trim()
      .split('\n')
      .flatMap((line) => {
        const [, controllers = '', ...path] = line.split(':');
        return controllers.split(',').map((controller): [string, string] => [controller, path.join(':')]);
      }),
  );
  const read = (folder: string, file: string) => readFileSync(`/sys/fs/cgroup${folder}/${file}`, 'latin1');
  const entry = (text: string, name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  const numbers = (text: string) => text.split('\n').filter(Boolean).map(Number);
  if (paths.has('memory')) {
    const of = (controller: string) => `/${controller}${paths.get(controller)}`;
    return {
      pids: () => numbers(read(of('pids'), 'cgroup.procs')),
      counters: () => ({
        cpuInS: Number(read(of('cpuacct'), 'cpuacct.usage')) / 1e9,
        memInBytes: Number(read(of('memory'), 'memory.usage_in_bytes')),
        oomKills: entry(read(of('memory'), 'memory.oom_control'), 'oom_kill'),
        pidsRefused: entry(read(of('pids'), 'pids.events'), 'max'),
      }),
    };
  }
  const unified = paths.get('') ?? '';
  return {
    pids: () => numbers(read(unified, 'cgroup.procs')),
    counters: () => ({
      cpuInS: entry(read(unified, 'cpu.stat'), 'usage_usec') / 1e6,
      memInBytes: Number(read(unified, 'memory.current')),
      oomKills: entry(read(unified, 'memory.events'), 'oom_kill'),
      pidsRefused: entry(read(unified, 'pids.events'), 'max'),
    }),
  };
}
