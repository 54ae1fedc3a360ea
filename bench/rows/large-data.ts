import { setTimeout as sleep } from 'node:timers/promises';
import { attach, printingProgram } from '../baselines/attached.js';
import type { Figure } from '../figure.js';
import type { Setting } from '../setting.js';
import { median, timed } from '../statistics.js';

const ROUNDS = 5;
const RESULT_IN_BYTES = 64 * 2 ** 20;
const OUTPUT_IN_BYTES = 100 * 2 ** 20;
const QUIET_TIME_IN_MS = 300;
const MB = 2 ** 20;

/** A large value, and much output, against the same bytes printed through an attached stream and thrown away. */
export async function measureLargeData(setting: Setting): Promise<Figure[]> {
  const { enforceLimits, getContext } = setting.nisher;
  // Containers that serve several calls, as the raw printer's does: no other one is started meanwhile.
  const context = getContext('forkserver', { maxTasksPerChild: ROUNDS + 1 });
  const returning = enforceLimits({ memInMb: 512, maxResultInMb: 80, context })((bytes: number) => Buffer.alloc(bytes, 97));
  const printing = enforceLimits({ memInMb: 256, captureOutput: true, context })(async (bytes: number) => {
    const { writeSync } = await import('node:fs');
    const chunk = Buffer.alloc(65536, 97);
    for (let left = bytes; left > 0; left -= chunk.length) writeSync(1, chunk);
    return bytes;
  });
  const result = await compare(setting, RESULT_IN_BYTES, async () => {
    const value = (await returning.run(RESULT_IN_BYTES)).unwrap();
    if (value.length !== RESULT_IN_BYTES) throw new Error(`Expected 64 MiB, got ${value.length} bytes`);
  });
  await returning.close();
  let grown = 0;
  const output = await compare(setting, OUTPUT_IN_BYTES, async () => {
    const before = process.memoryUsage.rss();
    const { stdout, stdoutDroppedBytes } = await printing.run(OUTPUT_IN_BYTES);
    if (stdout.length + stdoutDroppedBytes !== OUTPUT_IN_BYTES) throw new Error('Output was lost');
    grown = Math.max(grown, process.memoryUsage.rss() - before);
  });
  await printing.close();
  const against = (value: number) => ({ name: 'printed raw', value });
  return [
    { name: '64 MiB as a result', value: result.nisher, unit: 'MB/s', against: against(result.raw), must: { atLeast: 0.5 } },
    {
      name: '100 MB of captured output',
      value: output.nisher,
      unit: 'MB/s',
      against: against(output.raw),
      must: { atLeast: 0.7 },
    },
    { name: "100 MB of captured output: growth of the host's memory", value: grown / MB, unit: 'MB', must: { atMost: 40 } },
  ];
}

async function compare({ docker, containerOptions }: Setting, bytes: number, call: () => Promise<void>) {
  const raw = await attach(docker, containerOptions(printingProgram(bytes)));
  const times = { nisher: [] as number[], raw: [] as number[] };
  await call();
  for (let round = 0; round < ROUNDS; round++) {
    await sleep(QUIET_TIME_IN_MS);
    times.nisher.push(await timed(call));
    await sleep(QUIET_TIME_IN_MS);
    times.raw.push(await timed(() => raw.ask('x', bytes)));
  }
  await raw.remove();
  const speed = (milliseconds: readonly number[]) => bytes / MB / (median(milliseconds) / 1000);
  return { nisher: speed(times.nisher), raw: speed(times.raw) };
}
