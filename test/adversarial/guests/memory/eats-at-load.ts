for (const kept: Buffer[] = []; ; ) kept.push(Buffer.alloc(2 ** 20, 1));

export default function never(): void {}
