/**
 * What a command is given to, to be run as if it was on another machine than the engine: in a pid namespace of its own it sees no process of
 * the engine's, and so no cgroup. Its first process has to take in the orphans of all others, as a shell does. Needs root.
 */
export const elsewhere = [
  'unshare',
  '--pid',
  '--fork',
  '--mount-proc',
  '--kill-child',
  'sh',
  '-c',
  '"$@"; exit $?',
  'sh',
] as const;
