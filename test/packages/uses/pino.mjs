import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import pino from 'pino';

export default async () => {
  const destination = '/tmp/nisher-pino.log';
  const options = { colorize: false, ignore: 'time,pid,hostname', destination };
  const transport = pino.transport({ target: 'pino-pretty', options });
  // Its thread does not keep a program running.
  const awake = setInterval(() => {}, 1000);
  pino(transport).info('hello');
  transport.end();
  await once(transport, 'close');
  clearInterval(awake);
  return readFileSync(destination, 'utf8').trim().split('\n').at(-1);
};
