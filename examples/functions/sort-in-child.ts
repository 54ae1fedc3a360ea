import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Sorts numbers in a node process of its own. */
export async function sortInChild(numbers: number[]): Promise<number[]> {
  const program = `
    let input = '';
    process.stdin.on('data', (chunk) => (input += chunk));
    process.stdin.on('end', () => console.log(JSON.stringify(JSON.parse(input).sort((a, b) => a - b))));`;
  const child = spawn(process.execPath, ['--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stdin.on('error', reject).end(JSON.stringify(numbers));
    text(child.stdout).then((output) => resolve(JSON.parse(output)), reject);
  });
}
