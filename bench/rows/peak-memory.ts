import type { Figure } from '../figure.js';
import type { Setting } from '../setting.js';

const SIZES_IN_MB = [50, 100, 200, 400];

/** The reported peak against what the function allocated, over what a function reports that allocates nothing. */
export async function measurePeakMemory({ nisher: { enforceLimits, getContext } }: Setting): Promise<Figure[]> {
  const allocate = enforceLimits({ memInMb: 1024, context: getContext('spawn') })((megabytes: number) => {
    // Filled, for memory that nobody has touched is not there.
    return Buffer.alloc(megabytes * 2 ** 20, 97).length;
  });
  const peakOf = async (megabytes: number) => {
    const outcome = await allocate.run(megabytes);
    outcome.unwrap();
    return outcome.peakMemory / 2 ** 20;
  };
  const empty = await peakOf(0);
  const errors: number[] = [];
  for (const megabytes of SIZES_IN_MB) errors.push(Math.abs((await peakOf(megabytes)) - empty - megabytes) / megabytes);
  await allocate.close();
  return [{ name: 'peak memory: largest error', value: 100 * Math.max(...errors), unit: '%', must: { atMost: 3 } }];
}
