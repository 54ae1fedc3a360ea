#!/usr/bin/env node
import { packageVersion } from './version.js';

const argv = process.argv.slice(2);

// A reader that has seen enough (`nisher ... | head -1`) is no error; the exit code still tells how the call ended.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Before anything heavy is loaded: editors and scripts ask for it all the time.
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${packageVersion()}\n`);
} else {
  const { main } = await import('./main.js');
  process.exit(await main(argv));
}
