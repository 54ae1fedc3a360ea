import type { ProxiedRequest } from './engine-proxy.js';

/** Steps of a call that are requests to the engine. */
export const engineSteps = {
  events: (method, path) => method === 'GET' && path.startsWith('/events'),
  image: (method, path) => method === 'GET' && path.startsWith('/images/'),
  create: (method, path) => method === 'POST' && path.startsWith('/containers/create'),
  wait: (method, path) => method === 'POST' && path.includes('condition=next-exit'),
  attach: (method, path) => method === 'POST' && /\/attach\b/.test(path),
  start: (method, path) => method === 'POST' && path.endsWith('/start'),
  inspect: (method, path) => method === 'GET' && /^\/containers\/[^/]+\/json/.test(path),
  remove: (method, path) => method === 'DELETE' || path.includes('condition=removed'),
} satisfies Record<string, (method: string, path: string) => boolean>;

/** What a call must have of the engine; the others only add to what is known of it. */
export const essentialSteps: readonly EngineStep[] = ['image', 'create', 'wait', 'attach', 'start'];

export type EngineStep = keyof typeof engineSteps;

/** Whether a request is that step. */
export function isStep(step: EngineStep, { method, path }: ProxiedRequest): boolean {
  return engineSteps[step](method, path);
}

/** The container that a request is about. */
export function containerIn({ path }: ProxiedRequest): string {
  return /^\/containers\/([0-9a-f]{64})/.exec(path)?.[1] ?? '';
}
