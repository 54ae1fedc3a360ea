import { enforceLimits as enforce, getContext, type Limiter, type LimitOptions } from '../../src/index.js';

const context = getContext('spawn');

/** enforceLimits for functions that a test calls once: a warm container for a second call would only be in the others' way. */
export function enforceLimits(options: LimitOptions = {}): Limiter {
  return enforce({ context, ...options });
}
