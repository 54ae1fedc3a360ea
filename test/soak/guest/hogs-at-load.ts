import './at-load.js';

for (const kept: Buffer[] = []; ; ) kept.push(Buffer.alloc(2 ** 20, 1));

export function behave(): void {}
