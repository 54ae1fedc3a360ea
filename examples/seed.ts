/** The two examples of pynisher's manual, in TypeScript. */
import { enforceLimits } from 'nisher';

/** A function that sleeps for up to 4 seconds, and may take 2. */
export async function basicUsage(print: (...values: unknown[]) => void): Promise<void> {
  const myFunction = enforceLimits({ wallTimeInS: 2 })(async (t: number) => {
    await new Promise((resolve) => setTimeout(resolve, t * 1000));
    return t;
  });

  for (let t = 0; t < 5; t++) print(await myFunction(t));
}

/** The same, with all there is to know about each call. */
export async function whatHappened(print: (...values: unknown[]) => void): Promise<void> {
  async function myFunction(t: number): Promise<number> {
    console.log(`Going to sleep for ${t} seconds`);
    await new Promise((resolve) => setTimeout(resolve, t * 1000));
    return t;
  }

  for (let t = 0; t < 5; t++) {
    const limited = enforceLimits({ wallTimeInS: 2, captureOutput: true })(myFunction);
    const result = await limited(t);
    print(result, limited.result, limited.exitStatus, limited.wallClockTime, limited.stdout, limited.stderr, limited.exitCode);
  }
}
