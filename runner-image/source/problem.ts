/** Why source text cannot be loaded. */
export interface Problem {
  problem: string;
  /** `main.ts:2:9`. */
  place: string;
  /** The line at that place. */
  line: string;
  /** It imports what is not there; else it does not compile. */
  isImport: boolean;
}
