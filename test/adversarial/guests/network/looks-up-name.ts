import { lookup, resolve4 } from 'node:dns/promises';

/** The code of the error of each way to look a name up, and how long both took. */
export default async function looksUpName(name: string): Promise<{ codes: string[]; tookInS: number }> {
  const since = performance.now();
  const codeOf = (look: Promise<unknown>) =>
    look.then(
      () => 'found',
      (error: NodeJS.ErrnoException) => error.code ?? '',
    );
  const codes = [await codeOf(lookup(name)), await codeOf(resolve4(name))];
  return { codes, tookInS: (performance.now() - since) / 1000 };
}
