/** An error that nobody sees keeps nothing from going on. */
export default function swallowsErrors(): Promise<number> {
  process.on('uncaughtException', () => {});
  setTimeout(() => {
    throw new Error('nobody sees it');
  });
  return new Promise((resolve) => setTimeout(resolve, 100, 5));
}
