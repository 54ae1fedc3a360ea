import { once } from 'node:events';
import express from 'express';

export default async () => {
  const app = express();
  app.get('/n', (_, response) => response.json({ n: 1 }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const response = await fetch(`http://127.0.0.1:${server.address().port}/n`);
  const body = await response.json();
  server.close();
  return body;
};
