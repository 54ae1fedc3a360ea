/** Labels of containers. */
export const OWNER_LABEL = 'nisher.owner';
export const CALL_LABEL = 'nisher.call';
/** Unix time in ms; nobody needs the container any more after it. */
export const DEADLINE_LABEL = 'nisher.deadline';

/** Labels of images. */
export const IMAGE_LABEL = 'nisher.image';
/** Digest of the runner and of what it speaks: another one may not understand this version's messages. */
export const RUNNER_LABEL = 'nisher.runner';
export const BASE_LABEL = 'nisher.base';
export const NODE_LABEL = 'nisher.node';
/** Threads of the image's node once its thread pool is filled. */
export const TASKS_LABEL = 'nisher.tasks';
/** Digest of the packages that an image has on top of the runner's. */
export const LAYER_LABEL = 'nisher.packages';
