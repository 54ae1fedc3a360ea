/** Runs one test file in this process, which support/run-test-file.ts starts and watches. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, runSuites } from './harness.js';

const [, , file = '', timeoutInS, graceInS] = process.argv;

try {
  await import(pathToFileURL(path.resolve(file)).href);
} catch (thrown) {
  fail('the loading of the file', thrown);
}
await runSuites(Number(timeoutInS));

// A test that leaves a timer or a socket open would keep a user's program from ending too.
setTimeout(() => {
  const open = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap');
  fail('the end of the file', new Error(`did not exit within ${graceInS} s of its last test; still open: ${open.join(', ')}`));
  process.exit(1);
}, Number(graceInS) * 1000).unref();
