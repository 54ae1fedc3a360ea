/**
 * NISHER_TEST_PATIENCE=20: factor for the time limits of tests and for the seconds they allow something to take, for a machine that
 * is emulated or otherwise far slower than most. What a function may use is not touched by it, and nor is what an engine must enforce.
 */
export const patience = Number(process.env.NISHER_TEST_PATIENCE || 1);
