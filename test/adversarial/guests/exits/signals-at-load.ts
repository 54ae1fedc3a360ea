process.kill(process.pid, 'SIGTERM');
await new Promise((resolve) => setTimeout(resolve, 5000));

export default function never(): void {}
