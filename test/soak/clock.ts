/** Seconds of the kernel's monotonic clock: this program's, the witness's and the containers' are the same one. */
export function nowInS(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}

/** A moment of that clock for a Unix time, as the engine gives it. */
export function fromUnix(timeInMs: number): number {
  return nowInS() - (performance.timeOrigin + performance.now() - timeInMs) / 1000;
}
