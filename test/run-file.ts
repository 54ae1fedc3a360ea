/** Runs one test file in this process; started by {@link file://./support/run-files.ts} for each file. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, runSuites } from './harness.js';

const lingerInS = 5;
const [, , file, defaultTimeoutInS] = process.argv;
if (file === undefined || defaultTimeoutInS === undefined) throw new Error('Usage: run-file.ts FILE DEFAULT_TIMEOUT_IN_S');

try {
  await import(pathToFileURL(path.resolve(file)).href);
} catch (thrown) {
  fail('the loading of the file', thrown);
}
await runSuites(Number(defaultTimeoutInS));

// A test that leaves a timer or a socket open would keep a user's program from ending too.
setTimeout(() => {
  const open = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap');
  fail('the end of the file', new Error(`did not exit within ${lingerInS} s of its last test; still open: ${open.join(', ')}`));
  process.exit(1);
}, lingerInS * 1000).unref();
