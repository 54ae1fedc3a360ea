/** Time stands still for whoever asks this process. */
export default function replacesClocks(): Promise<void> {
  Date.now = () => 0;
  performance.now = () => 0;
  process.hrtime.bigint = () => 0n;
  Object.assign(process, { hrtime: () => [0, 0], uptime: () => 0, cpuUsage: () => ({ user: 0, system: 0 }) });
  return new Promise((resolve) => setTimeout(resolve, 60_000));
}
