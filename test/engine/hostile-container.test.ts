/** Containers whose runner is replaced: whatever they say, they get no wrong success. */
import * as assert from 'uvu/assert';
import { GuestFrame } from '../../src/wire/protocol.js';
import { type Expected, expectAll } from '../fuzz/containers/expect-all.js';
import { removeHostileImages } from '../fuzz/containers/image.js';
import {
  boot,
  encoded,
  end,
  frame,
  leave,
  returning,
  toCall,
  toLoaded,
  toLoading,
  value,
} from '../fuzz/containers/programs.js';
import { suite } from '../harness.js';
import { leftovers } from '../support/leftovers.js';

const { test, after } = suite('hostile containers', { timeoutInS: 120 });

after(async () => {
  await removeHostileImages();
  assert.equal(await leftovers(), []);
});

const seven = encoded(7);
const breach = (message: RegExp): Expected => ({ exitStatus: 'PynisherError', message });

test('one that keeps to the protocol is believed', () =>
  expectAll({
    'it returns': [[...toCall, ...returning(seven), ...leave], { exitStatus: 0, result: 7 }],
    'it returns, and then sends nonsense': [
      [...toCall, ...returning(seven), { do: 'sleep', inMs: 300 }, { do: 'random', length: 1000, seed: 1 }, ...leave],
      { exitStatus: 0, result: 7 },
    ],
    'it says that the module threw': [
      [...toLoading, ...value(encoded('x')), end('threw', { phase: 'load', valueInBytes: encoded('x').length }), ...leave],
      { exitStatus: 'AnythingException', message: /module threw/ },
    ],
  }));

test('a word out of turn is a fault, whatever it says', () =>
  expectAll({
    'a value before anything was loaded': [[...boot, ...returning(seven), ...leave], breach(/out of turn/)],
    'a value while the module is loaded': [[...toLoading, ...returning(seven), ...leave], breach(/out of turn/)],
    'a value before the arguments': [
      [...toLoaded, { do: 'sleep', inMs: 200 }, ...returning(seven), ...leave],
      { exitStatus: 'PynisherError' },
    ],
    'Ready before Loaded': [[...toLoading, frame(GuestFrame.Ready), ...leave], breach(/out of turn/)],
    'Loaded twice': [
      [...toLoaded, { do: 'sleep', inMs: 200 }, frame(GuestFrame.Loaded), ...leave],
      { exitStatus: 'PynisherError' },
    ],
    'Ready twice': [[...toCall, frame(GuestFrame.Ready), ...returning(seven), ...leave], breach(/out of turn/)],
    'Flushed on stdout': [[...toCall, frame(GuestFrame.Flushed), ...returning(seven), ...leave], breach(/on stdout/)],
    'a value on stderr': [
      [
        ...toCall,
        { do: 'frame', type: GuestFrame.Value, stream: 2 },
        { do: 'sleep', inMs: 300 },
        ...returning(seven),
        ...leave,
      ],
      breach(/on stderr/),
    ],
    'two last words': [[...toCall, ...returning(seven), ...returning(encoded(8)), ...leave], { exitStatus: 0, result: 7 }],
    'a call that fails to load': [
      [...toCall, end('noSuchExport', { exports: [], foundType: '' }), ...leave],
      breach(/out of turn/),
    ],
  }));

test('a value is the one that was declared, or a fault', () =>
  expectAll({
    'longer than declared': [
      [...toCall, ...value(encoded('xxxx')), end('returned', { valueInBytes: 3 }), ...leave],
      breach(/declared/),
    ],
    'shorter than declared': [
      [...toCall, ...value(seven), end('returned', { valueInBytes: 1e9 }), ...leave],
      breach(/declared/),
    ],
    'none at all': [[...toCall, end('returned', { valueInBytes: 0 }), ...leave], breach(/cannot be decoded/)],
    'no number of bytes': [[...toCall, ...value(seven), end('returned'), ...leave], breach(/valueInBytes/)],
    'larger than it may be': [
      [...toCall, ...value(Buffer.alloc(2 ** 20 + 1)), end('returned', { valueInBytes: 2 ** 20 + 1 }), ...leave],
      breach(/maxResultInMb/),
    ],
    'in crumbs': [[...toCall, ...value(Buffer.alloc(1)), ...value(Buffer.alloc(1)), ...leave], breach(/fill no frame/)],
    'bytes that are none': [[...toCall, ...returning(Buffer.alloc(100, 0xff)), ...leave], breach(/cannot be decoded/)],
    'a frame that declares more than there is': [
      [...toCall, { do: 'frame', type: GuestFrame.Value, declared: 65_535 }, ...leave],
      breach(/bytes of payload/),
    ],
    'a frame out of sequence': [
      [...toCall, { do: 'frame', type: GuestFrame.Value, skew: 1 }, ...leave],
      breach(/has the number/),
    ],
    'a frame of no type': [[...toCall, frame(200), ...leave], breach(/unknown type/)],
    'an end that is no JSON': [[...toCall, frame(GuestFrame.End, Buffer.from('{')), ...leave], { exitStatus: 'PynisherError' }],
  }));
