import type { Engine } from '../engine/connect.js';
import { OWNER_LABEL } from '../engine/labels.js';

/** How many containers of ours the engine has, whoever started them, running or not. */
export async function countContainers({ docker }: Engine): Promise<number> {
  return (await docker.listContainers({ all: true, filters: { label: [OWNER_LABEL] } })).length;
}
