interface PipeHandle {
  setBlocking?(blocking: boolean): number;
}

/**
 * Makes process.stdout and process.stderr write at once. Node's writes to a pipe that is full wait for the event loop: of
 * 1 MB printed before process.exit only the first 64 KiB came out, and the rest of what a function prints would follow its
 * End. Done when the stream is first asked for, since making it takes time, and the first to ask may be nobody.
 */
export function makeStandardStreamsSynchronous(): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const { get, ...descriptor } = Object.getOwnPropertyDescriptor(process, name) ?? {};
    if (get === undefined) continue;
    let stream: unknown;
    Object.defineProperty(process, name, {
      ...descriptor,
      get() {
        if (stream === undefined) {
          stream = Reflect.apply(get, process, []);
          (stream as { _handle?: PipeHandle | null })._handle?.setBlocking?.(true);
        }
        return stream;
      },
    });
  }
}
