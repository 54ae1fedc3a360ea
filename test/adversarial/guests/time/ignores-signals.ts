/** Listens to every signal of a limit, and goes on. */
export default function ignoresSignals(): Promise<never> {
  for (const signal of ['SIGALRM', 'SIGTERM', 'SIGXCPU', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  return new Promise(() => setInterval(() => {}, 100));
}
