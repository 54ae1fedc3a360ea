import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { chooseEndpoints, type Surroundings } from '../../src/engine/endpoints.js';
import { EngineError } from '../../src/engine/engine-error.js';
import { suite } from '../harness.js';

const { test } = suite('engine endpoints');

const labId = createHash('sha256').update('lab').digest('hex');
const labMeta = `/home/u/.docker/contexts/meta/${labId}/meta.json`;
const labTls = `/home/u/.docker/contexts/tls/${labId}/docker`;
const lab = (docker: object) => JSON.stringify({ Name: 'lab', Metadata: {}, Endpoints: { docker } });

function surroundings(env: Record<string, string>, files: Record<string, string> = {}, uid = 1000): Surroundings {
  return { env, home: '/home/u', uid, readText: (path) => files[path] ?? null };
}

const sockets = [
  '/var/run/docker.sock',
  '/run/nisher/docker.sock',
  '/run/user/1000/docker.sock',
  '/home/u/.docker/run/docker.sock',
  '/home/u/.docker/desktop/docker.sock',
  '/run/user/1000/podman/podman.sock',
  '/run/podman/podman.sock',
].map((socket) => `unix://${socket}`);

/** Name of the row, engine option, environment, files → what was chosen, as URL and who said so. */
const table: readonly [string, string | null, Record<string, string>, Record<string, string>, [string[], string]][] = [
  ['nothing said', null, {}, {}, [sockets, 'default socket']],
  ['the option wins over all', 'unix:///a.sock', { DOCKER_HOST: 'tcp://b:1' }, {}, [['unix:///a.sock'], 'option `engine`']],
  [
    'DOCKER_HOST over the context',
    null,
    { DOCKER_HOST: 'tcp://b:1', DOCKER_CONTEXT: 'lab' },
    {},
    [['tcp://b:1'], 'DOCKER_HOST'],
  ],
  ['DOCKER_HOST without a protocol', null, { DOCKER_HOST: 'b:1' }, {}, [['tcp://b:1'], 'DOCKER_HOST']],
  ['empty DOCKER_HOST is none', null, { DOCKER_HOST: '' }, {}, [sockets, 'default socket']],
  [
    'DOCKER_CONTEXT',
    null,
    { DOCKER_CONTEXT: 'lab' },
    { [labMeta]: lab({ Host: 'ssh://ann@lab:22' }) },
    [['ssh://ann@lab:22'], 'the docker context "lab"'],
  ],
  [
    'the current context',
    null,
    {},
    { '/home/u/.docker/config.json': '{"currentContext":"lab"}', [labMeta]: lab({ Host: 'unix:///lab.sock' }) },
    [['unix:///lab.sock'], 'the docker context "lab"'],
  ],
  [
    'DOCKER_CONTEXT=default over the current context',
    null,
    { DOCKER_CONTEXT: 'default' },
    { '/home/u/.docker/config.json': '{"currentContext":"lab"}', [labMeta]: lab({ Host: 'unix:///lab.sock' }) },
    [sockets, 'default socket'],
  ],
  [
    'DOCKER_CONFIG moves the store',
    null,
    { DOCKER_CONFIG: '/cfg' },
    {
      '/cfg/config.json': '{"currentContext":"lab"}',
      [`/cfg/contexts/meta/${labId}/meta.json`]: lab({ Host: 'unix:///cfg.sock' }),
    },
    [['unix:///cfg.sock'], 'the docker context "lab"'],
  ],
];

for (const [name, engine, env, files, [urls, source]] of table) {
  test(name, () => {
    const chosen = chooseEndpoints(engine, surroundings(env, files));
    assert.equal(
      chosen.map(({ url }) => url),
      urls,
    );
    assert.is(chosen[0]?.source, source);
  });
}

test('the private engine, which only root can start, is looked for by everybody', () => {
  for (const uid of [0, 1000])
    assert.is(chooseEndpoints(null, surroundings({}, {}, uid))[1]?.url, 'unix:///run/nisher/docker.sock');
});

/** URL → what is connected to. */
const parsed: readonly [string, object][] = [
  ['unix:///a/b.sock', { kind: 'unix', path: '/a/b.sock' }],
  ['tcp://h', { kind: 'tcp', host: 'h', port: 2375, tls: null }],
  ['tcp://h:80', { kind: 'tcp', host: 'h', port: 80, tls: null }],
  ['http://h:80', { kind: 'tcp', host: 'h', port: 80, tls: null }],
  ['tcp://[::1]:2375', { kind: 'tcp', host: '::1', port: 2375 }],
  ['https://h', { kind: 'tcp', host: 'h', port: 2376, tls: { ca: null, cert: null, key: null, verify: true } }],
  ['https://h:443', { kind: 'tcp', host: 'h', port: 443, tls: { ca: null, cert: null, key: null, verify: true } }],
  ['ssh://h', { kind: 'ssh', target: 'h', port: null, socketPath: null }],
  ['ssh://ann@h:2222/run/d.sock', { kind: 'ssh', target: 'ann@h', port: 2222, socketPath: '/run/d.sock' }],
];

for (const [url, expected] of parsed) {
  test(`reads ${url}`, () => {
    const endpoint = chooseEndpoints(url, surroundings({}))[0];
    assert.equal({ ...endpoint, ...expected }, endpoint);
  });
}

test('TLS files: from DOCKER_CERT_PATH, from the context, and none where none are asked for', () => {
  const files = { '/certs/ca.pem': 'a', '/certs/cert.pem': 'b', '/certs/key.pem': 'c' };
  const withTls = chooseEndpoints('tcp://h', surroundings({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }, files))[0];
  assert.ok(withTls?.kind === 'tcp');
  assert.is(withTls.port, 2376);
  assert.equal(withTls.tls, { ca: '/certs/ca.pem', cert: '/certs/cert.pem', key: '/certs/key.pem', verify: true });

  const fromContext = chooseEndpoints(
    null,
    surroundings(
      { DOCKER_CONTEXT: 'lab' },
      { [labMeta]: lab({ Host: 'tcp://h:1', SkipTLSVerify: true }), [`${labTls}/cert.pem`]: 'b', [`${labTls}/key.pem`]: 'c' },
    ),
  )[0];
  assert.ok(fromContext?.kind === 'tcp');
  assert.equal(fromContext.tls, { ca: null, cert: `${labTls}/cert.pem`, key: `${labTls}/key.pem`, verify: false });

  const plain = chooseEndpoints('tcp://h', surroundings({ DOCKER_CERT_PATH: '/certs' }, files))[0];
  assert.ok(plain?.kind === 'tcp' && plain.tls === null);
});

/** What is refused → words of the message. */
const refused: readonly [string | null, Record<string, string>, Record<string, string>, RegExp][] = [
  ['ftp://h', {}, {}, /`engine`.*`ftp:\/\/h`.*not supported/],
  ['npipe:////./pipe/docker_engine', {}, {}, /`engine`.*got `npipe:/],
  ['unix://relative.sock', {}, {}, /begins with \//],
  ['tcp://h:99999', {}, {}, /not a URL/],
  ['ssh://ann:secret@h', {}, {}, /ann:\*\*\*@h.*takes no password/],
  ['ssh://-oProxyCommand=x', {}, {}, /got `ssh:\/\/-oProxyCommand=x`/],
  [null, { DOCKER_HOST: 'fd://' }, {}, /DOCKER_HOST/],
  [null, { DOCKER_CONTEXT: 'lab' }, {}, /no docker context "lab" \(DOCKER_CONTEXT\)/],
  [null, { DOCKER_CONTEXT: 'lab' }, { [labMeta]: '{}' }, /names no Docker engine/],
  [null, {}, { '/home/u/.docker/config.json': '{' }, /config\.json is not valid JSON/],
  ['tcp://h', { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere' }, {}, /ca\.pem.*\/nowhere/],
];

for (const [engine, env, files, words] of refused) {
  test(`refuses ${engine ?? JSON.stringify(env)} ${Object.keys(files).length > 0 ? 'with files' : ''}`, () => {
    try {
      chooseEndpoints(engine, surroundings(env, files));
    } catch (error) {
      assert.instance(error, EngineError);
      assert.match((error as EngineError).message, words);
      return;
    }
    assert.unreachable('it was accepted');
  });
}
