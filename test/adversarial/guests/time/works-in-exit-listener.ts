/** Exits, and never gets there. */
export default function worksInExitListener(): void {
  process.on('exit', () => {
    for (;;);
  });
  process.exit(3);
}
