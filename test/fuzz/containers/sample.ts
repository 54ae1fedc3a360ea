import fc from 'fast-check';
import { patience } from '../../support/patience.js';
import { programs } from './programs.js';
import { problemWith, runProgram } from './run-program.js';

/** Two cores have enough to do with them. */
const AT_ONCE = 3;
/** The longest that nisher waits for a runner of its own to come up, and then some. */
const LONGEST_CALL_IN_S = 80;

/**
 * Runs that many hostile runners of a generator with that seed.
 * @param first of them to run: a failure names its number
 * @returns what was wrong, and how to see it again
 */
export async function runSample(seed: number, count: number, first = 0): Promise<string[]> {
  const waiting = fc.sample(programs, { seed, numRuns: first + count }).map((program, number) => ({ program, number }));
  waiting.splice(0, first);
  const problems: string[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { program, number } = next;
      const method = number % 2 === 0 ? 'spawn' : 'forkserver';
      const { outcomes, seconds, ooms } = await runProgram(program, method);
      const found = outcomes.map((outcome) => problemWith(program, outcome, ooms)).filter((problem) => problem !== null);
      if (seconds > LONGEST_CALL_IN_S * patience) found.push(`took ${seconds} s`);
      const again = `${JSON.stringify(program)}\nAgain: npm run fuzz -- --containers --seed ${seed} --path ${number}`;
      problems.push(...found.map((problem) => `${method}: ${problem}\n${again}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return problems;
}
