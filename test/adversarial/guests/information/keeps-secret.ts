import { spreadSecret } from './spread-secret.js';

/** Has a secret in its environment (the caller's doing), its arguments and all that it can write to, says so, and waits. */
export default async function keepsSecret(secret: string): Promise<never> {
  await spreadSecret(secret);
  console.log('ready');
  return new Promise(() => setInterval(() => {}, 1000));
}
