import './at-load.js';

throw new Error('while loading');

export function behave(): void {}
