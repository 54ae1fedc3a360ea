import type { ProxiedRequest } from './engine-proxy.js';

/** Steps of a call that are requests to the engine. */
export const engineSteps = {
  image: (method, path) => method === 'GET' && path.startsWith('/images/'),
  create: (method, path) => method === 'POST' && path.startsWith('/containers/create'),
  wait: (method, path) => method === 'POST' && path.includes('condition=next-exit'),
  attach: (method, path) => method === 'POST' && /\/attach\b/.test(path),
  start: (method, path) => method === 'POST' && path.endsWith('/start'),
  inspect: (method, path) => method === 'GET' && /^\/containers\/[^/]+\/json/.test(path),
  remove: (method, path) => method === 'DELETE' || path.includes('condition=removed'),
} satisfies Record<string, (method: string, path: string) => boolean>;

export type EngineStep = keyof typeof engineSteps;

/** Whether a request is that step. */
export function isStep(step: EngineStep, { method, path }: ProxiedRequest): boolean {
  return engineSteps[step](method, path);
}
