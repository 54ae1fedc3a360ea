/** The option `--engine`, which most commands have. */
export const engineOption = {
  type: 'string',
  requiresArg: true,
  describe: 'unix://, tcp:// or ssh:// URL (default: as docker finds it)',
} as const;
