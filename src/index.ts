/**
 * nisher: limits what one call of a JavaScript or TypeScript function may use, each call in a container of its own.
 *
 * @packageDocumentation
 */
export type { OutputChunk, OutputStream } from './call/output.js';
export { type Context, type ContextMethod, type ContextOptions, getContext } from './context.js';
export {
  type AnyFunction,
  enforceLimits,
  type LimitedCall,
  type LimitedFunction,
  type Limiter,
  type ResultOf,
} from './enforce-limits.js';
export {
  AnythingException,
  CpuTimeoutException,
  type ExceptionName,
  LimitedCallError,
  MemorylimitException,
  PynisherError,
  SignalException,
  SubprocessException,
  TimeoutException,
} from './exceptions.js';
export type { LimitOptions, Logger } from './limits.js';
export type { ExitStatus, Failed, Outcome, OutcomeFacts, Returned, Timings } from './outcome.js';
export { fromModule, type ModuleOptions } from './targets/from-module.js';
export { fromSource, type SourceOptions } from './targets/from-source.js';
export type { ModuleFunction, PackOptions, SourceFunction, SourceLanguage } from './targets/target.js';
export { untrusted } from './untrusted.js';
