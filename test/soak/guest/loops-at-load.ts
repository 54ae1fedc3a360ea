import './at-load.js';

for (;;);

export function behave(): void {}
