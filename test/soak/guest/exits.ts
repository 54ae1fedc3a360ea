import { readFileSync } from 'node:fs';

const thrown: Record<string, () => unknown> = {
  error: () => new RangeError('beyond'),
  string: () => 'text',
  null: () => null,
  undefined: () => undefined,
  aggregate: () => new AggregateError([new Error('one')], 'many'),
  hostileName: () =>
    Object.defineProperty(new Error('x'), 'name', {
      get: () => {
        throw new Error('no');
      },
    }),
};

const later = () => new Promise(() => setInterval(() => {}, 1000));

export const exits = {
  exits: (code: number) => process.exit(code),
  exitsInFinally: (code: number) => {
    try {
      throw new Error('lost');
    } finally {
      process.exit(code);
    }
  },
  dies: (signal: NodeJS.Signals) => {
    process.kill(process.pid, signal);
    return later();
  },
  diesAtOnce: (signal: NodeJS.Signals) => {
    process.kill(process.pid, signal);
    return later();
  },
  diesWithAll: (signal: NodeJS.Signals) => {
    process.kill(0, signal);
    return later();
  },
  aborts: () => process.abort(),
  throws: (what: string) => {
    throw thrown[what]?.();
  },
  throwsLater: () => {
    setTimeout(() => {
      throw new Error('late');
    }, 10);
    return later();
  },
  rejectsUnheard: () => {
    void Promise.reject(new Error('unheard'));
    return later();
  },
  missesAFile: () => readFileSync('/no/such/file'),
};
