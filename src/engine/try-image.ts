import { text } from 'node:stream/consumers';
import type { Engine } from './connect.js';
import { startContainer } from './container.js';
import { EngineError } from './engine-error.js';
import type { RunnerImage } from './image.js';

/**
 * Starts node in a new image: libraries may be missing, or be too old for it.
 * @param version what it should call itself; null: anything
 * @throws EngineError `build-failed` with what the container said
 */
export async function tryImage(engine: Engine, image: RunnerImage, version: string | null): Promise<void> {
  const sandbox = await startContainer(engine, image, {
    memInBytes: null,
    cpus: null,
    extraTasks: null,
    cpuBackstopInS: { soft: 10, hard: 11 },
    scratchInBytes: 2 ** 20,
    codeInBytes: 2 ** 20,
    layer: null,
    nodeArguments: ['--print', 'process.version'],
    deadline: Date.now() + 60_000,
    image: image.name,
    runtime: null,
    network: 'none',
  });
  const [stdout, stderr, exit] = await Promise.all([text(sandbox.stdout), text(sandbox.stderr), sandbox.exited]);
  await sandbox.remove();
  const said = stdout.trim();
  if (exit.kind === 'exited' && exit.exitCode === 0 && (said === version || version === null)) return;
  const ended = exit.kind === 'exited' ? `exit code ${exit.exitCode}` : exit.reason;
  throw new EngineError(
    'build-failed',
    `Node.js does not run in the new image ${image.name}: ${ended}. ${stderr.trim() || said}`,
    {
      hint:
        image.base === null
          ? 'Use `image`, with one built by `nisher image build --base NAME`'
          : `Choose a base whose C library is as new as this machine's, or one without any`,
    },
  );
}
