import type { ImageInspectInfo } from 'dockerode';
import * as assert from 'uvu/assert';
import { engineInfo } from '../../src/engine/engine-info.js';
import { hostsOf, ownHosts } from '../../src/engine/loopback.js';
import { specOf } from '../engine/engine-sandbox.js';
import { suite } from '../harness.js';

const { test } = suite('loopback alone');
const image = { name: 'i:1', id: 'sha256:i', tasks: 11, base: null, hosts: '/layer/nisher/hosts', volumes: [] };

test('a network is left to runtimes that are known to make a loopback interface, where none is asked for', () => {
  const table: readonly [defaultRuntime: string, asked: string | null, network: string, isLeft: boolean][] = [
    ['runc', null, 'none', true],
    ['crun', null, 'none', true],
    ['io.containerd.runc.v2', null, 'none', true],
    ['runsc', 'runc', 'none', true],
    ['runsc', null, 'none', false],
    ['runc', 'runsc', 'none', false],
    ['runc', 'kata', 'none', false],
    ['', null, 'none', false],
    ['runc', null, 'bridge', false],
    ['runc', null, 'host', false],
    ['runc', null, 'mine', false],
  ];
  for (const [DefaultRuntime, runtime, network, isLeft] of table) {
    const hosts = ownHosts(engineInfo({ DefaultRuntime }, {}), image, specOf('', { runtime, network }));
    assert.is(hosts, isLeft ? image.hosts : null, `${DefaultRuntime}, ${runtime}, ${network}`);
  }
  const info = engineInfo({ DefaultRuntime: 'runc' }, {});
  assert.is(ownHosts(info, { ...image, hosts: null }, specOf('')), null, 'an image whose layer cannot be found');
  const podman = engineInfo({ DefaultRuntime: 'runc' }, { Components: [{ Name: 'Podman Engine' }] });
  assert.is(ownHosts(podman, image, specOf('')), null, 'Podman has no such option');
});

test('its /etc/hosts is in the only layer of an image, where the engine says where that is', () => {
  const inspected = (GraphDriver: unknown, Layers: unknown) =>
    ({ GraphDriver, RootFS: { Type: 'layers', Layers } }) as ImageInspectInfo;
  const overlay = { Name: 'overlay2', Data: { UpperDir: '/engine/overlay2/1/diff', WorkDir: '/engine/overlay2/1/work' } };
  assert.is(hostsOf(inspected(overlay, ['sha256:1'])), '/engine/overlay2/1/diff/nisher/hosts');
  for (const [driver, layers] of [
    [overlay, ['sha256:1', 'sha256:2']],
    [overlay, undefined],
    [{ ...overlay, Name: 'btrfs' }, ['sha256:1']],
    [{ Name: 'overlay2', Data: {} }, ['sha256:1']],
    [{ Name: 'overlay2', Data: null }, ['sha256:1']],
    [undefined, ['sha256:1']],
    [null, ['sha256:1']],
  ])
    assert.is(hostsOf(inspected(driver, layers)), null, JSON.stringify([driver, layers]));
});
