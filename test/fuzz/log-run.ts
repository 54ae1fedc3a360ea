import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const log = fileURLToPath(new URL('runs.jsonl', import.meta.url));

/** Adds what was run to test/fuzz/runs.jsonl, which git ignores. */
export function logRun(entry: { readonly [field: string]: unknown }): void {
  appendFileSync(log, `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
}
