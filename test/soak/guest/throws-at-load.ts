throw new Error('while loading');

export function behave(): void {}
