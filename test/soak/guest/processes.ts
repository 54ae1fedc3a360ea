import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** For the kernel's count to be seen from outside, before the container is gone. */
const TIME_TO_LOOK_IN_MS = 300;

async function lookedAt<T>(work: Promise<T>): Promise<T> {
  const [result] = await Promise.allSettled([work]);
  await sleep(TIME_TO_LOOK_IN_MS);
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

const child = () =>
  new Promise((resolve, reject) => {
    spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }).on('error', reject).on('exit', resolve);
  });

const online = () =>
  new Promise<Worker>((resolve, reject) => {
    const worker: Worker = new Worker('setInterval(() => {}, 1000)', { eval: true })
      .on('error', reject)
      .on('online', () => resolve(worker));
  });

export const processes = {
  hasChildren: (count: number) => lookedAt(Promise.all(Array.from({ length: count }, child))),
  hasWorkers: (count: number) =>
    lookedAt(
      Promise.all(Array.from({ length: count }, online)).then(async (workers) => {
        await Promise.all(workers.map((worker) => worker.terminate()));
        return workers.length;
      }),
    ),
  bombs: async () => {
    const code =
      'for (;;) try { require("child_process").spawn(process.execPath, ["-e", process.env.CODE], { detached: true }); } catch {}';
    for (;;) {
      spawn(process.execPath, ['-e', code], { detached: true, stdio: 'ignore', env: { CODE: code } }).on('error', () => {});
      await sleep(5);
    }
  },
  leavesAChild: async () => {
    const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
    await new Promise((resolve, reject) => left.on('error', reject).on('spawn', resolve));
    left.unref();
    return 'left';
  },
};
