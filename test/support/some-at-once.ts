/** Does all of it, so many at a time; collects what goes wrong rather than stopping there. */
export async function someAtOnce<T>(
  atOnce: number,
  items: readonly T[],
  nameOf: (item: T) => string,
  act: (item: T) => Promise<void>,
): Promise<string[]> {
  const waiting = [...items];
  const problems: string[] = [];
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      const current = item;
      await act(current).catch((error: Error) => problems.push(`${nameOf(current)}: ${error.stack ?? error.message}`));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return problems;
}
