import { type ExitStatus, enforceLimits, fromModule, type LimitOptions, type Logger, type Outcome } from 'nisher';

/** One call of one function, under a limit that it meets. */
export interface Demonstration {
  limit: string;
  /** What the function did, for a table. */
  does: string;
  expected: ExitStatus;
  run(logger: Logger): Promise<Outcome>;
}

const file = (name: string) => new URL(`./functions/${name}.js`, import.meta.url);
const countPrimes = fromModule<typeof import('./functions/count-primes.js'), 'countPrimes'>(
  file('count-primes'),
  'countPrimes',
);
const editDistance = fromModule<typeof import('./functions/edit-distance.js'), 'editDistance'>(
  file('edit-distance'),
  'editDistance',
);
const longestChain = fromModule<typeof import('./functions/search-collatz.js'), 'longestChainInTwoProcesses'>(
  file('search-collatz'),
  'longestChainInTwoProcesses',
);
const consistsOfWords = fromModule<typeof import('./functions/match-words.js'), 'consistsOfWords'>(
  file('match-words'),
  'consistsOfWords',
);
const sortInChild = fromModule<typeof import('./functions/sort-in-child.js'), 'sortInChild'>(
  file('sort-in-child'),
  'sortInChild',
);
const countQueenPlacements = fromModule<typeof import('./functions/place-queens.js'), 'countQueenPlacements'>(
  file('place-queens'),
  'countQueenPlacements',
);
const evaluateFormula = fromModule<typeof import('./functions/evaluate-formula.js'), 'evaluateFormula'>(
  file('evaluate-formula'),
  'evaluateFormula',
);
const countWords = fromModule<typeof import('./functions/count-words.js'), 'countWords'>(file('count-words'), 'countWords');

const limits: LimitOptions = { memInMb: 128, cpuTimeInS: 10, wallTimeInS: 10, captureOutput: true };

export const demonstrations: readonly Demonstration[] = [
  {
    limit: 'none met',
    does: 'counted the primes below 5 million',
    expected: 0,
    run: (logger) => enforceLimits({ ...limits, logger })(countPrimes).run(5_000_000),
  },
  {
    limit: 'memInMb: 128',
    does: 'kept a table of 400 million cells',
    expected: 'MemorylimitException',
    run: (logger) => enforceLimits({ ...limits, logger })(editDistance).run('kitten '.repeat(3000), 'sitting '.repeat(2500)),
  },
  {
    limit: 'cpuTimeInS: 1',
    does: 'searched in two child processes',
    expected: 'CpuTimeoutException',
    run: (logger) => enforceLimits({ ...limits, cpuTimeInS: 1, logger })(longestChain).run(50_000_000),
  },
  {
    limit: 'wallTimeInS: 1',
    does: 'matched a pattern that backtracks',
    expected: 'TimeoutException',
    run: (logger) => enforceLimits({ ...limits, wallTimeInS: 1, logger })(consistsOfWords).run(`${'a'.repeat(60)}!`),
  },
  {
    limit: 'numProcesses: 1',
    does: 'sorted numbers in a child process',
    expected: 'SubprocessException',
    run: (logger) => enforceLimits({ ...limits, numProcesses: 1, logger })(sortInChild).run([3, 1, 2]),
  },
  {
    limit: 'a signal',
    does: 'ended itself with SIGTERM in a search',
    expected: 'SignalException',
    run: (logger) => enforceLimits({ ...limits, logger })(countQueenPlacements).run(14, 1_000_000),
  },
  {
    limit: 'an error thrown',
    does: 'evaluated a formula with a slip',
    expected: 'AnythingException',
    run: (logger) => enforceLimits({ ...limits, logger })(evaluateFormula).run('2 * (3 + 4'),
  },
  {
    limit: 'an OS error',
    does: 'counted the words of a missing file',
    expected: 'SubprocessException',
    run: (logger) => enforceLimits({ ...limits, logger })(countWords).run('/tmp/novel.txt'),
  },
];
