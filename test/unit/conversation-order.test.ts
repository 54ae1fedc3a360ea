import * as assert from 'uvu/assert';
import { converse } from '../../src/call/conversation.js';
import type { OutputStream } from '../../src/call/output.js';
import type { Payload } from '../../src/payload/payload.js';
import { createMessageParser } from '../../src/wire/messages.js';
import { GuestFrame, HostMessage } from '../../src/wire/protocol.js';
import { fakeSandbox } from '../fuzz/fake-sandbox.js';
import { rawFrame } from '../fuzz/properties/frames.js';
import { suite } from '../harness.js';

const { test } = suite('conversation: order');

/** A container of which everything is known that it is sent, and which way, and what comes of what it says. */
function listen() {
  const { sandbox, stdout, stderr, delimiter } = fakeSandbox();
  const sent: string[] = [];
  let way = 'engine';
  const names = new Map(Object.entries(HostMessage).map(([name, type]) => [type as number, name]));
  const parser = createMessageParser((type) => sent.push(`${names.get(type)}: ${way}`));
  const write = sandbox.stdin.write.bind(sandbox.stdin);
  sandbox.stdin.write = ((chunk: Uint8Array) => {
    way = 'engine';
    parser.push(chunk);
    return write(chunk);
  }) as typeof sandbox.stdin.write;
  let isOpen = false;
  sandbox.findPipes = () => {
    isOpen = true;
  };
  let hasRoom = true;
  sandbox.writeStdin = (bytes) => {
    if (!isOpen || !hasRoom || bytes.length > 4096) return false;
    way = 'direct';
    parser.push(bytes);
    return true;
  };
  const conversation = converse(sandbox, 1000);
  const came: string[] = [];
  conversation.onText = (stream, bytes) => came.push(`${stream}: ${bytes}`);
  conversation.onLoading = () => came.push('loading');
  conversation.onLoaded = () => came.push('loaded');
  let sequence = 0;
  return {
    conversation,
    sent,
    came,
    say: (type: number) => {
      stdout.emit('data', rawFrame(delimiter(), type, sequence++, Buffer.alloc(0)));
    },
    print: (stream: OutputStream, text: string) => {
      sandbox[stream].emit('data', Buffer.from(text));
    },
    sayOnStderr: (type: number) => {
      stderr.emit('data', rawFrame(delimiter(), type, 0, Buffer.alloc(0)));
    },
    fill: () => {
      hasRoom = false;
    },
    empty: () => {
      hasRoom = true;
    },
  };
}

const job = { entry: 'x', exportName: 'x', env: {}, maxResultInBytes: 1000, workingFolder: '', source: null };
const payload = { archive: new Uint8Array(5000) } as Payload;
const notice = { kind: 'abort', message: 'enough' } as const;

test('nothing overtakes what goes through the engine', () => {
  const { conversation, sent, say } = listen();
  conversation.sendJob(job, payload);
  conversation.notice(notice);
  say(GuestFrame.Loading);
  conversation.notice(notice);
  say(GuestFrame.Loaded);
  conversation.sendArguments([new Uint8Array(100_000)]);
  conversation.notice(notice);
  say(GuestFrame.Ready);
  conversation.go();
  conversation.release();
  assert.equal(sent, [
    ...['Job: engine', 'Code: engine', 'Limit: engine', 'Limit: direct'],
    ...['Arguments: engine', 'Limit: engine', 'Go: direct', 'Release: direct'],
  ]);
});

test('where there is no room, the engine has all the rest until it has been taken', () => {
  const { conversation, sent, say, fill, empty } = listen();
  conversation.sendJob(job, payload);
  say(GuestFrame.Loading);
  say(GuestFrame.Loaded);
  fill();
  conversation.call([new Uint8Array(10)]);
  empty();
  conversation.notice(notice);
  say(GuestFrame.Ready);
  conversation.notice(notice);
  assert.equal(sent.slice(2), ['Arguments: engine', 'Go: engine', 'Limit: engine', 'Limit: direct']);
});

test('what was printed on stderr comes, though stdout has broken the protocol; no word counts any more', () => {
  const { conversation, sent, came, say, print } = listen();
  conversation.sendJob(job, payload);
  say(GuestFrame.Ready);
  print('stderr', 'before the breach\n');
  say(GuestFrame.Loaded);
  assert.match(conversation.fault?.message ?? '', /out of turn/);
  assert.equal(came, ['stderr: before the breach\n']);
  assert.equal(sent, ['Job: engine', 'Code: engine']);
});

test('a breach on stderr is as good as one on stdout, of which the text still comes', () => {
  const { conversation, came, say, sayOnStderr, print } = listen();
  conversation.sendJob(job, payload);
  sayOnStderr(GuestFrame.Loaded);
  say(GuestFrame.Loading);
  print('stdout', 'still here\n');
  assert.match(conversation.fault?.message ?? '', /stderr/);
  assert.equal(came, ['stdout: still here\n']);
});
