import * as assert from 'uvu/assert';
import { ask } from '../../src/engine/ask.js';
import { EngineError } from '../../src/engine/engine-error.js';
import { engineInfo } from '../../src/engine/engine-info.js';
import { suite } from '../harness.js';

const { test } = suite('engine ask');

async function failure(promise: Promise<unknown>): Promise<EngineError> {
  const error = await promise.then(
    () => new Error('It succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.instance(error, EngineError);
  return error as EngineError;
}

test('an answer is passed on, an error comes out of the funnel', async () => {
  assert.is(await ask('count', async () => 3), 3);
  const refused = await failure(
    ask('start a container', () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))),
  );
  assert.is(refused.kind, 'no-engine');
  assert.match(refused.message, /could not start a container/);
});

test('an answer that never comes ends with an error, and is given up', async () => {
  let signal: AbortSignal | undefined;
  const late = await failure(
    ask(
      'start a container',
      (abortSignal) => {
        signal = abortSignal;
        return new Promise(() => {});
      },
      0.05,
    ),
  );
  assert.is(late.kind, 'no-answer');
  assert.match(late.message, /did not start a container within 0\.05 s/);
  assert.ok(signal?.aborted);
});

test('what an engine leaves out has a fallback', () => {
  const info = engineInfo({}, {});
  assert.is(info.cores, 1);
  assert.is(info.cgroupVersion, null);
  assert.is(info.flavour, 'docker');
  assert.equal(info.runtimes, []);
});

test('Docker and Podman, and architectures by their names in Node', () => {
  const docker = engineInfo(
    {
      Architecture: 'x86_64',
      CgroupVersion: '2',
      NCPU: 8,
      SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'],
      Runtimes: { runc: {} },
    },
    { Version: '27.1.0', ApiVersion: '1.46', Components: [{ Name: 'Engine' }] },
  );
  assert.is(docker.arch, 'x64');
  assert.is(docker.cgroupVersion, '2');
  assert.is(docker.cores, 8);
  assert.is(docker.rootless, true);
  assert.equal(docker.runtimes, ['runc']);
  const podman = engineInfo(
    { Architecture: 'arm64', Rootless: true },
    { Version: '5.4.2', Components: [{ Name: 'Podman Engine' }] },
  );
  assert.is(podman.flavour, 'podman');
  assert.is(podman.arch, 'arm64');
  assert.is(podman.rootless, true);
});
