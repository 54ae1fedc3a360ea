import { openSync, read, readdirSync, readlinkSync } from 'node:fs';

function pipeOf(file: string): { file: string; pipe: string }[] {
  try {
    return [{ file, pipe: readlinkSync(file) }];
  } catch {
    return [];
  }
}

/** Reads from every pipe but its own output: one of them is where the runner is told to exit. */
export default function stolenRelease(): boolean {
  const descriptors = readdirSync('/proc/self/fd').flatMap((name) => pipeOf(`/proc/self/fd/${name}`));
  const outputs = descriptors.filter(({ file }) => /\/[12]$/.test(file)).map(({ pipe }) => pipe);
  const inputs = descriptors.filter(({ pipe }) => pipe.startsWith('pipe:') && !outputs.includes(pipe));
  for (const { file } of inputs) read(openSync(file, 'r'), Buffer.alloc(100), () => {});
  return inputs.length > 0;
}
