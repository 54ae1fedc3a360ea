/**
 * What a test file's process tells the process that runs it: one JSON line each, on the descriptor that NISHER_TEST_RECORDS
 * names. Not stdout, which belongs to the tests, and not node's IPC channel, whose messages are lost when the process is killed.
 */
export type TestRecord =
  /** A test is known; if no outcome follows, it never ran. */
  | { kind: 'registered'; test: string }
  /** The next record is due within that many seconds, or the file hangs. */
  | { kind: 'started'; what: string; dueInS: number }
  | { kind: 'passed'; test: string }
  | { kind: 'skipped'; test: string; reason: string }
  /** `test`: the test, the hook or whatever else failed; `report`: for a person. */
  | { kind: 'failed'; test: string; report: string };
