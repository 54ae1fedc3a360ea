import './at-load.js';

await new Promise(() => setInterval(() => {}, 1000));

export function behave(): void {}
