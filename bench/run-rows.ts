import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { setupEngine } from '../scripts/setup-engine.js';
import { type Figure, isReached } from './figure.js';
import { formatTable } from './report/table.js';
import { openSetting, type Setting } from './setting.js';

/** Measures one or several figures that belong together. */
export type Row = (setting: Setting) => Promise<Figure[]>;

export interface RunOptions {
  /** Folder of pynisher 0.6.4, to be measured beside; null: leave it out. */
  readonly pynisher: string | null;
  /** Name of the file in bench/results/ that keeps what was measured; null: none does. */
  readonly resultsFile: string | null;
  /** How the table on stdout looks. @default lines of text */
  readonly format?: (figures: readonly Figure[]) => string;
}

/**
 * Measures all rows in one run, on the built package and a real engine; prints each as it comes to stderr and all of them to stdout. The
 * process's exit code becomes 1 when a bound is missed.
 */
export async function runRows(rows: Readonly<Record<string, Row>>, options: RunOptions): Promise<Figure[]> {
  const { pynisher, resultsFile, format = formatTable } = options;
  const start = performance.now();
  const engine = await setupEngine(say);
  const setting = await openSetting(pynisher, say);
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(rows)) {
    const since = performance.now();
    const measured = await measure(setting).catch((error: Error): Figure[] => {
      say(`\n${error.stack}`);
      return [{ name: `${name} could not be measured`, value: Number.NaN, unit: '', must: { atMost: 0 } }];
    });
    figures.push(...measured);
    say(`\n${name} (${((performance.now() - since) / 1000).toFixed(1)} s)\n${formatTable(measured)}`);
  }
  process.stdout.write(`\n${format(figures)}\n`);
  say(`\n${((performance.now() - start) / 1000).toFixed(0)} s in all`);
  if (resultsFile !== null) await record(resultsFile, setting, figures);
  if (engine.started) say(`The engine at ${engine.endpoint} goes on running: \`npm run nisher engine stop\` ends it`);
  process.exitCode = figures.every(isReached) ? 0 : 1;
  return figures;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function record(file: string, { docker }: Setting, figures: readonly Figure[]): Promise<void> {
  const { Version, Components } = await docker.version();
  const machine = {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    engine: Version,
    runtime: Components?.find(({ Name }) => Name === 'runc')?.Version ?? 'unknown',
  };
  const results = new URL('./results/', import.meta.url);
  await mkdir(results, { recursive: true });
  await writeFile(new URL(file, results), `${JSON.stringify({ machine, figures }, null, 2)}\n`);
}
