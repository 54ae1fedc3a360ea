import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Sandbox, SandboxExit, SandboxSpec } from '../../src/call/sandbox.js';
import { type CgroupFolders, findCgroup } from '../../src/engine/cgroup-path.js';
import { connect } from '../../src/engine/connect.js';

/** A container without a restriction that matters; node runs `source` in place of the runner. */
export function specOf(source: string, changes: Partial<SandboxSpec> = {}): SandboxSpec {
  return {
    memInBytes: null,
    cpus: null,
    extraTasks: null,
    cpuBackstopInS: { soft: 60, hard: 61 },
    scratchInBytes: 16 * 2 ** 20,
    codeInBytes: 2 ** 20,
    layer: null,
    nodeArguments: ['--eval', source],
    deadline: Date.now() + 120_000,
    image: null,
    runtime: null,
    network: 'none',
    ...changes,
  };
}

/** Reads a container to its end, and sees that nothing is left. */
export async function finish(sandbox: Sandbox): Promise<{ stdout: string; stderr: string; exit: SandboxExit }> {
  const [stdout, stderr, exit] = await Promise.all([text(sandbox.stdout), text(sandbox.stderr), sandbox.exited]);
  const { leftBehind } = await sandbox.remove();
  if (leftBehind !== null) throw new Error(`left behind: ${leftBehind}`);
  return { stdout, stderr, exit };
}

/** What the engine says of a container. */
export async function inspect(id: string) {
  const { docker } = await connect(null);
  return await docker.getContainer(id).inspect();
}

export async function isGone(id: string): Promise<boolean> {
  return await inspect(id).then(
    () => false,
    (error: { statusCode?: number }) => error.statusCode === 404,
  );
}

/** The folders that the kernel keeps a container's limits in; null when they cannot be seen from here. */
export function cgroupOf(pid: number, id: string): CgroupFolders | null {
  return findCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'), id);
}

/** Resolves when the container has printed something on stdout that matches. */
export async function printed(sandbox: Sandbox, pattern: RegExp): Promise<string> {
  let said = '';
  return await new Promise((resolve, reject) => {
    const look = (chunk: Buffer) => {
      said += chunk.toString();
      if (!pattern.test(said)) return;
      sandbox.stdout.off('data', look);
      resolve(said);
    };
    sandbox.stdout.on('data', look);
    sandbox.stdout.once('end', () => reject(new Error(`It ended, having printed ${JSON.stringify(said)}`)));
  });
}

/**
 * Resolves when a program that prints `up` runs, and finds its pipes: after the start its first process can be the runtime's own for a while
 * yet, which has others.
 */
export async function whenUp(sandbox: Sandbox): Promise<void> {
  await printed(sandbox, /up/);
  sandbox.findPipes();
}
