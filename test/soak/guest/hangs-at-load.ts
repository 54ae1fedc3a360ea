import './at-load.js';

await new Promise(() => {});

export function behave(): void {}
