for (;;);

export function behave(): void {}
