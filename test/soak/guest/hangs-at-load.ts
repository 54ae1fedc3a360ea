await new Promise(() => {});

export function behave(): void {}
