/** A signal for every process there is, and one that is still there a while later. */
export default function signalsAll(target: number, signal: string): Promise<string> {
  process.kill(target, signal);
  return new Promise((resolve) => setTimeout(resolve, 3000, 'alive'));
}
