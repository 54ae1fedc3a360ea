/** A value cannot be carried over the wire. */
export class UncarriableError extends Error {
  override readonly name = 'UncarriableError';
  /** Where in the value: `result.a[3].callback`. */
  readonly path: string;
  /** What it is there: `is a function`, `is an instance of Foo`. */
  readonly problem: string;
  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.path = path;
    this.problem = problem;
  }
}

/** A value is larger than it may be. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
  readonly valueInBytes: number;
  readonly maxBytes: number;
  constructor(valueInBytes: number, maxBytes: number) {
    super(`The encoded value has ${valueInBytes} bytes, of at most ${maxBytes}`);
    this.valueInBytes = valueInBytes;
    this.maxBytes = maxBytes;
  }
}

/** Bytes that no encoder of ours has made. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** A stream that does not keep to the protocol. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}
