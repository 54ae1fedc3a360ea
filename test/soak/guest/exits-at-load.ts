import './at-load.js';

process.exit(4);

export function behave(): void {}
