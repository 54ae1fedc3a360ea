/** Runs this with other environment variables; undefined: without that one. Not for what runs side by side. */
export async function withEnv<T>(changes: Record<string, string | undefined>, body: () => Promise<T>): Promise<T> {
  const saved = { ...process.env };
  set(changes);
  try {
    return await body();
  } finally {
    for (const name of Object.keys(changes)) set({ [name]: saved[name] });
  }
}

function set(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
