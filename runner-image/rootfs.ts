import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ownEnvironment } from '../src/own-environment.js';
import { esbuildProgram } from './esbuild-program.js';
import { guestPackageJson, guestPrograms } from './guest-files.js';

/** A file or folder of the image. */
export interface RootfsEntry {
  /** Relative to the root, without a slash at either end. */
  readonly path: string;
  readonly mode: number;
  /** What is in it: bytes, a file of this machine, or nothing as it is a folder. */
  readonly content: Buffer | { readonly file: string; readonly sizeInBytes: number } | null;
}

/** This machine's node, and what it needs to run. */
export interface NodeFiles {
  readonly binary: string;
  /** Absolute paths of the shared libraries it has loaded, the dynamic loader among them. */
  readonly libraries: readonly string[];
  /** Absolute paths of what distributions keep out of the binary: Debian's node reads some of its own modules from /usr/share. */
  readonly builtins: readonly string[];
}

export const NODE_PATH = '/usr/local/bin/node';

/**
 * Libraries of the C library's family that addons ask for although node itself does not: older glibc kept parts of itself
 * in files of their own, and looks names up through further ones.
 */
const COMPANIONS =
  /^(?:libdl\.so\.2|librt\.so\.1|libm\.so\.6|libpthread\.so\.0|libresolv\.so\.2|libutil\.so\.1|libnss_(?:dns|files)\.so\.2|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/;

/** esbuild's own program, which is static. */
const COMPILER_PATH = 'nisher/esbuild';

const MAX_BUNDLE_IN_BYTES = 16 * 2 ** 20;

/** What a program expects to find of a Linux system, where there is none to begin with. */
const SYSTEM_FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/sbin/nologin\nnisher:x:1000:1000:nisher:/tmp:/sbin/nologin\n',
  'etc/group': 'root:x:0:\nnisher:x:1000:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  // Becomes /etc/hosts, where engines put their own (src/engine/loopback.ts).
  'nisher/hosts': '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n',
};

/**
 * What is put on top of the base image.
 * @param node null where the image's own node is to be used: this machine's would not run there
 * @param arch processor of the machine that the image is for, as `process.arch`
 * @param isEmptyBase whether there is nothing below: then a small Linux system is made of this machine's files
 * @param isInBase whether the base has a file already, at that absolute path; its own libraries must stay as they are
 */
export async function rootfsEntries(
  node: NodeFiles | null,
  arch: string,
  isEmptyBase: boolean,
  isInBase: (file: string) => Promise<boolean>,
): Promise<readonly RootfsEntry[]> {
  const entries = [...(await bundleGuest()), ...compiler(arch)];
  // A mount may take on the mode of the folder below it.
  const folders: [string, number][] = [['app', 0o1777]];
  if (isEmptyBase) {
    folders.push(['tmp', 0o1777]);
    for (const [file, text] of Object.entries(SYSTEM_FILES))
      entries.push({ path: file, mode: 0o644, content: Buffer.from(text) });
  }
  if (node !== null) {
    entries.push({ ...hostFile(node.binary), path: NODE_PATH.slice(1) });
    for (const file of new Set([...node.libraries, ...companionsOf(node.libraries), ...node.builtins])) {
      if (!(await isInBase(file))) entries.push(hostFile(file));
    }
  }
  return [...withFolders(entries, folders), ...entries];
}

/** The programs of the image, each bundled into one file. */
async function bundleGuest(): Promise<RootfsEntry[]> {
  const bundler = esbuildProgram(`${process.platform}-${process.arch}`);
  if (bundler === null) throw new Error(`npm has not installed esbuild for ${process.platform}-${process.arch}`);
  const bundles = await Promise.all(
    guestPrograms.map(async ({ entryPoint, target, format }) => {
      const options = ['--bundle', '--platform=node', '--target=node20.19', `--format=${format}`, '--log-level=error'];
      const { stdout } = await promisify(execFile)(bundler, [entryPoint, ...options], {
        // esbuild writes the paths of sources into comments, relative to where it runs.
        cwd: import.meta.dirname,
        env: ownEnvironment(),
        encoding: 'buffer',
        maxBuffer: MAX_BUNDLE_IN_BYTES,
      });
      return { path: target, mode: 0o644, content: stdout };
    }),
  );
  return [...bundles, { path: guestPackageJson.target, mode: 0o644, content: Buffer.from(guestPackageJson.text) }];
}

/** The image's TypeScript compiler; none where npm has not installed it for that processor. Source text in TypeScript is refused then. */
function compiler(arch: string): RootfsEntry[] {
  const file = esbuildProgram(`linux-${arch}`);
  return file === null ? [] : [{ ...hostFile(file), path: COMPILER_PATH, mode: 0o755 }];
}

function companionsOf(libraries: readonly string[]): string[] {
  return [...new Set(libraries.map((library) => path.dirname(library)))].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => COMPANIONS.test(name))
      .map((name) => path.join(folder, name)),
  );
}

/** A file under the path it has here; a link becomes the file it leads to. */
function hostFile(file: string): RootfsEntry {
  const { mode, size } = statSync(file);
  return { path: file.slice(1), mode: mode & 0o755, content: { file, sizeInBytes: size } };
}

/** The folders that the entries are in, outer ones first. */
function withFolders(entries: readonly RootfsEntry[], further: readonly (readonly [string, number])[]): RootfsEntry[] {
  const modes = new Map<string, number>(further);
  for (const entry of entries) {
    for (let folder = path.posix.dirname(entry.path); folder !== '.'; folder = path.posix.dirname(folder))
      modes.set(folder, 0o755);
  }
  return [...modes.keys()].sort().map((folder) => ({ path: folder, mode: modes.get(folder) ?? 0o755, content: null }));
}
