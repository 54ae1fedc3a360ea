import { EngineError, toEngineError } from './engine-error.js';

/** Something that is no engine, or stands before one, may answer with success, and with anything. */
export function refuseNonsense(isMeant: boolean, missing: string): void {
  if (!isMeant) throw new Error(`it says that it has, without ${missing}`);
}

/** A start takes 0.1 s; on a machine that is busy beyond measure, many. */
const ANSWER_TIME_IN_S = 60;

/**
 * Asks the engine for something: errors come out of the funnel, and it ends even when the answer never comes.
 * @param doing what is asked for, like `create a container`
 * @throws EngineError
 */
export async function ask<T>(
  doing: string,
  step: (abortSignal: AbortSignal) => Promise<T>,
  timeInS = ANSWER_TIME_IN_S,
): Promise<T> {
  const aborting = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // dockerode does not settle when an answer breaks off in its middle, and not always when it is aborted.
    timer = setTimeout(() => {
      reject(
        new EngineError('no-answer', `The engine did not ${doing} within ${timeInS} s`, {
          hint: 'Is the machine overloaded? `nisher doctor` tells when the engine is well',
        }),
      );
      aborting.abort();
    }, timeInS * 1000);
  });
  try {
    return await Promise.race([step(aborting.signal), late]);
  } catch (error) {
    throw toEngineError(error, doing);
  } finally {
    clearTimeout(timer);
  }
}
