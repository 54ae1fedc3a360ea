import { createRequire } from 'node:module';

/** esbuild's program for a platform (`linux-x64`); null where npm has installed it for others only. */
export function esbuildProgram(platform: string): string | null {
  try {
    const esbuild = createRequire(createRequire(import.meta.url).resolve('esbuild'));
    return esbuild.resolve(`@esbuild/${platform}/bin/esbuild`);
  } catch {
    return null;
  }
}
