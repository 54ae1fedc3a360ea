import type { Engine } from '../engine/connect.js';
import { getJson } from '../engine/engine-request.js';

const ANSWER_TIME_IN_MS = 5000;

/** How many containers of ours the engine has, whoever started them, running or not. */
export async function countContainers({ transport }: Engine): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: ['nisher.owner'] }));
  const list = await getJson(transport, `/containers/json?all=1&filters=${filters}`, AbortSignal.timeout(ANSWER_TIME_IN_MS));
  return Object.keys(list).length;
}
