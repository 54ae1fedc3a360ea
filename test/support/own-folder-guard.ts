/** Clears the folder away that it is given, when the program has ended that holds its input. */
import { becomesTrue } from '../../src/engine/becomes-true.js';
import { clearAway, processesNaming, signal } from './clear-away.js';

/** For an engine to end its containers. */
const ENDING_TAKES_S = 10;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Which folder?');
process.stdin.resume().once('close', () => void end(folder));

async function end(folder: string): Promise<void> {
  const named = () => processesNaming(`${folder}/`);
  // The first is the daemon, which has started the others, and ends them.
  for (const pid of named().slice(0, 1)) signal(pid, 'SIGTERM');
  await becomesTrue(() => named().length === 0, ENDING_TAKES_S * 1000, 100);
  clearAway(folder);
}
