import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The number in [from, to) that takes the most steps to reach 1, halving even numbers and making odd ones 3n + 1. */
export function longestChain(from: number, to: number): { start: number; steps: number } {
  let best = { start: from, steps: 0 };
  for (let start = from; start < to; start++) {
    let steps = 0;
    for (let n = start; n !== 1; steps++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
    if (steps > best.steps) best = { start, steps };
  }
  return best;
}

/** The same up to `to`, with each half searched by a node process of its own. */
export async function longestChainInTwoProcesses(to: number): Promise<{ start: number; steps: number }> {
  const search = async (from: number, end: number) => {
    const program = `
      import { longestChain } from ${JSON.stringify(import.meta.url)};
      console.log(JSON.stringify(longestChain(${from}, ${end})));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    return JSON.parse(stdout) as { start: number; steps: number };
  };
  const middle = Math.ceil(to / 2);
  const [low, high] = await Promise.all([search(1, middle), search(middle, to)]);
  return low.steps >= high.steps ? low : high;
}
