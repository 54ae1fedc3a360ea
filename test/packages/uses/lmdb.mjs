import { open } from 'lmdb';

export default async () => {
  const db = open({ path: '/tmp/lmdb', mapSize: 2 ** 20 });
  await db.put('key', { n: 1 });
  const value = db.get('key');
  await db.close();
  return value;
};
