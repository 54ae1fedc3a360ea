import * as assert from 'uvu/assert';
import { isMemoryRefusal } from '../../src/call/sandbox.js';
import { EngineError, type EngineErrorKind, hasStatus, toEngineError } from '../../src/engine/engine-error.js';
import { PynisherError } from '../../src/exceptions.js';
import { suite } from '../harness.js';

const { test } = suite('engine error');

const answered = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${statusCode}) bad parameter - ${message} `), { statusCode, json: { message } });
const failed = (code: string) => Object.assign(new Error(`connect ${code} /var/run/docker.sock`), { code });

/** What Docker 20.10 to 27 and Podman 5 say, and the system's own codes → the kind. */
const table: readonly [Error, EngineErrorKind][] = [
  [answered(400, 'Minimum memory limit allowed is 6MB'), 'memory'],
  [answered(500, 'OCI runtime create failed: container init was OOM-killed (memory limit too low?): unknown'), 'memory'],
  [
    answered(
      500,
      'runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?)',
    ),
    'memory',
  ],
  [answered(500, 'cannot start a stopped process: unknown'), 'ended-early'],
  [answered(500, 'OCI runtime start failed: cannot start a container that has stopped: unknown'), 'ended-early'],
  [answered(400, 'Unknown runtime specified runsc'), 'unknown-runtime'],
  [answered(400, 'unknown or invalid runtime name: runsc'), 'unknown-runtime'],
  [answered(500, 'invalid runtime name runsc: OCI runtime "runsc" not found: invalid argument'), 'unknown-runtime'],
  [answered(404, 'No such image: nope:1'), 'no-image'],
  [answered(404, 'nope:1: image not known'), 'no-image'],
  [answered(404, 'network nope not found'), 'no-network'],
  [answered(500, 'unable to find network with name or ID nope: network not found'), 'no-network'],
  [
    answered(
      400,
      'OCI runtime create failed: exec: "/usr/local/bin/node": stat /usr/local/bin/node: no such file or directory: unknown',
    ),
    'command',
  ],
  [answered(400, 'exec: "node": executable file not found in $PATH: unknown'), 'command'],
  [answered(400, 'Client sent an HTTP request to an HTTPS server.'), 'tls'],
  [new Error('self-signed certificate in certificate chain'), 'tls'],
  [answered(404, 'No such container: 4e1ae8b440c8'), 'gone'],
  [answered(409, 'removal of container 23833f9e is already in progress'), 'conflict'],
  [answered(500, 'something new'), 'other'],
  [failed('ECONNREFUSED'), 'no-engine'],
  [failed('ENOENT'), 'no-engine'],
  [new AggregateError([failed('ECONNREFUSED'), failed('ECONNREFUSED')]), 'no-engine'],
  [failed('EACCES'), 'permission'],
  [failed('ECONNRESET'), 'connection'],
  [failed('EPIPE'), 'connection'],
  [failed('ETIMEDOUT'), 'no-answer'],
  [AbortSignal.timeout(0).reason ?? new DOMException('The operation was aborted due to timeout', 'TimeoutError'), 'no-answer'],
];

for (const [error, kind] of table) {
  test(`${error.message} is ${kind}`, () => {
    const told = toEngineError(error, 'start a container');
    assert.instance(told, PynisherError);
    assert.is((told as EngineError).kind, kind);
    assert.is(told.name, 'PynisherError');
    assert.is(told.code, 'ERR_INTERNAL');
    assert.is(told.cause, error);
    assert.ok(told.message.startsWith('The engine could not start a container: '));
    assert.is(isMemoryRefusal(told), kind === 'memory');
  });
}

test('an error that is ours already stays as it is', () => {
  const ours = new EngineError('no-image', 'There is no image x');
  assert.is(toEngineError(ours, 'start a container'), ours);
});

test('what is no Error at all is told too', () => {
  assert.match(toEngineError('surprise', 'list containers').message, /could not list containers: surprise/);
});

test('the status of an answer', () => {
  assert.ok(hasStatus(answered(404, 'x'), 404, 409));
  assert.not.ok(hasStatus(answered(500, 'x'), 404, 409));
  assert.not.ok(hasStatus(failed('ENOENT'), 404));
});
