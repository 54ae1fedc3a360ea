import { Session } from 'node:inspector';

/** Runs code in the runner's own realm by way of the inspector, which knows all contexts of the process. */
export default async function reachesIntoRealm(): Promise<string> {
  const session = new Session();
  session.connect();
  const contexts: number[] = [];
  session.on('Runtime.executionContextCreated', ({ params }) => contexts.push(params.context.id));
  const post = (method: string, parameters: object = {}) =>
    new Promise((resolve) => session.post(method, parameters, (_, result) => resolve(result)));
  await post('Runtime.enable');
  const expression = 'JSON.stringify = () => "[]"; Promise.prototype.then = () => {}; Uint8Array = undefined; "replaced"';
  for (const contextId of contexts) if (contextId !== 1) await post('Runtime.evaluate', { expression, contextId });
  return `${contexts.length} contexts`;
}
