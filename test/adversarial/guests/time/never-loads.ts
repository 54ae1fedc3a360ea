for (;;);

export default function never(): void {}
