import { chmodSync, linkSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';

/** Each way to change a file, and what came of it. */
export default function changesSystemFiles(file: string): { [attempt: string]: string } {
  const attempts: { [name: string]: () => void } = {
    write: () => writeFileSync(file, 'changed'),
    truncate: () => truncateSync(file),
    remove: () => rmSync(file),
    rename: () => renameSync(file, `${file}.old`),
    link: () => linkSync(file, `${file}.link`),
    symlink: () => symlinkSync(file, `${file}.link`),
    chmod: () => chmodSync(file, 0o777),
    touch: () => utimesSync(file, 0, 0),
  };
  return Object.fromEntries(
    Object.entries(attempts).map(([name, attempt]) => {
      try {
        attempt();
        return [name, 'done'];
      } catch (error) {
        return [name, (error as NodeJS.ErrnoException).code ?? ''];
      }
    }),
  );
}
