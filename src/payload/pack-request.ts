import type { PackOptions } from '../targets/target.js';

/** What the process that packs is asked for. Plain data: it crosses threads. */
export interface PackRequest {
  /** Absolute path of the module, as it was given. */
  readonly path: string;
  readonly options: PackOptions;
  /** The program's working folder; null when that has been deleted. */
  readonly workingFolder: string | null;
}
