/** What was typed cannot be meant: shown with its hint, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** What to type instead, one sentence. */
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
