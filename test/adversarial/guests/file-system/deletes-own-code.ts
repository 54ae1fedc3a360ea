import { readdirSync, rmSync } from 'node:fs';

/** Nothing of its own code is left when it returns. */
export default function deletesOwnCode(): Promise<string[]> {
  for (const name of readdirSync('/app')) rmSync(`/app/${name}`, { recursive: true });
  return new Promise((resolve) => setTimeout(resolve, 50, readdirSync('/app')));
}
