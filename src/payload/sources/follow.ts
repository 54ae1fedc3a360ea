import { basename, dirname, join, normalize } from 'node:path';
import { MAX_FILE_IN_BYTES, MAX_MODULE_IN_BYTES } from '../files/bounds.js';
import { type Gate, isBelow } from '../files/gate.js';
import { matchesText } from '../files/glob.js';
import { isHiddenOrPackages, walkFolder } from '../files/walk-folder.js';
import { isInPackage, type PackageLocation } from '../packages/find-package.js';
import { BoundError } from '../payload.js';
import { type Compiled, compile, isTypeScript } from './compile.js';
import { CompileError, type Compiler } from './compiler.js';
import { jsonModule } from './json-module.js';
import { nearestManifest } from './manifest.js';
import { knownText, type Pieces, patternOf } from './pattern.js';
import type { SourceProblems } from './problems.js';
import type { Resolver, Target } from './resolve.js';
import type { PathReference, Range, Reference, TemplateReference } from './shape.js';
import { aliasTargets, type TsConfigs } from './tsconfig.js';

/** All that a module leads to. Paths are absolute and real. */
export interface Graph {
  readonly sources: ReadonlyMap<string, Compiled>;
  /** What each reference of the sources leads to. */
  readonly targets: ReadonlyMap<Reference, Target>;
  /** The folder that a template's first text means, where an alias stands for it. */
  readonly aliasedFolders: ReadonlyMap<TemplateReference, string>;
  /** The source that a path leads to, where it is one that is run. */
  readonly runPaths: ReadonlyMap<PathReference, string>;
  /** Files that travel as they are. */
  readonly files: ReadonlySet<string>;
  /** By the path of a link that code names: the file that it leads to. */
  readonly links: ReadonlyMap<string, string>;
  /** JSON files that are imported, as modules. */
  readonly jsonModules: ReadonlyMap<string, string>;
  readonly packages: readonly PackageLocation[];
  /** Some code asks for this library. */
  readonly usesNisher: boolean;
}

export interface FollowContext {
  readonly gate: Gate;
  readonly compiler: Compiler;
  readonly configs: TsConfigs;
  readonly resolver: Resolver;
  readonly problems: SourceProblems;
  /** Whether a file that code names only by its path is to stay behind. */
  readonly excludes: (path: string) => boolean;
  readonly workingFolder: string | null;
}

export interface Follower {
  /** Follows a source and what it leads to. `isRequired`: that it does not compile, or an import is missing, is an error. */
  add(path: string, isRequired: boolean): void;
  /** A file that travels: compiled, if it is a source. */
  addFile(path: string): void;
  /** Works until nothing new is found. @throws PackError */
  finish(): Promise<Graph>;
}

/** Whether `path` is a source, which is compiled. */
function isSource(path: string): boolean {
  return /\.[cm]?[jt]s$|\.[jt]sx$/.test(path) && !/\.d\.[cm]?ts$/.test(path) && !isInPackage(path);
}

export function makeFollower(context: FollowContext): Follower {
  const { gate, compiler, configs, resolver, problems, excludes, workingFolder } = context;
  const sources = new Map<string, Compiled>();
  const targets = new Map<Reference, Target>();
  const aliasedFolders = new Map<TemplateReference, string>();
  const runPaths = new Map<PathReference, string>();
  const files = new Set<string>();
  const links = new Map<string, string>();
  const jsonModules = new Map<string, string>();
  const packages = new Map<string, PackageLocation>();
  const seen = new Set<string>();
  // Those that must compile first: a source that both kinds lead to is one of them.
  const required: string[] = [];
  const optional: string[] = [];
  let usesNisher = false;

  function add(path: string, isRequired: boolean): void {
    if (!seen.has(path)) (isRequired ? required : optional).push(path);
  }

  function addFile(path: string): void {
    const seenThere = gate.look(path);
    if (seenThere.kind !== 'file' || isInPackage(seenThere.real) || excludes(path)) return;
    const { real } = seenThere;
    if (real !== path) links.set(path, real);
    if (isSource(real)) add(real, false);
    else files.add(real);
  }

  /** A file that travels as it is, though it may be a source. */
  function addAsIs(path: string, real: string): void {
    if (excludes(path)) return;
    if (real !== path) links.set(path, real);
    files.add(real);
  }

  async function follow(path: string, isRequired: boolean): Promise<void> {
    const source = await read(path, isRequired);
    if (source === null) return;
    sources.set(path, source);
    const { shape } = source;
    if (shape === null) return;
    for (const reference of shape.references) await followReference(source, reference, isRequired);
    for (const template of shape.templates) await followTemplate(source, template);
    for (const each of shape.paths) followPath(source, each, isRequired);
  }

  /** Null for one that need not be a source, and is not: it travels as it is. */
  async function read(path: string, isRequired: boolean): Promise<Compiled | null> {
    try {
      const text = gate.read(path, MAX_MODULE_IN_BYTES).toString('utf8');
      const place = { file: path, workingFolder };
      const source = { text, place, config: await configs.for(path), manifest: nearestManifest(gate, path) };
      const compiled = await compile(source, compiler);
      problems.checkDecorators(compiled, source.config);
      return compiled;
    } catch (error) {
      if (!isRequired && !(error instanceof BoundError)) {
        files.add(path);
        return null;
      }
      if (error instanceof CompileError) throw problems.doesNotCompile(path, error);
      throw error;
    }
  }

  async function followReference(source: Compiled, reference: Reference, isRequired: boolean): Promise<void> {
    const target = await resolver.resolve(reference.specifier, reference.from, reference.kind);
    targets.set(reference, target);
    const mustBeThere = isRequired && reference.isStatic;
    switch (target.kind) {
      case 'file':
        if (isSource(target.path)) add(target.path, isRequired);
        else if (reference.kind === 'import' && target.path.endsWith('.json')) await addJson(target.path, mustBeThere);
        else files.add(target.path);
        return;
      case 'package':
        packages.set(target.location.at, target.location);
        if (target.isMissing && mustBeThere) throw problems.missingImport(source, reference);
        return;
      case 'nisher':
        usesNisher = true;
        return;
      case 'missing':
        if (mustBeThere) throw problems.missingImport(source, reference);
        return;
      case 'refused':
        if (mustBeThere) throw problems.refusedImport(source, reference, target);
        return;
      case 'there':
        return;
    }
  }

  async function addJson(path: string, mustBeThere: boolean): Promise<void> {
    if (jsonModules.has(path)) return;
    try {
      jsonModules.set(path, jsonModule(gate.read(path, MAX_FILE_IN_BYTES).toString('utf8')));
    } catch (error) {
      if (mustBeThere) throw error instanceof SyntaxError ? await problems.wrongJson(path, gate.read(path)) : error;
      files.add(path);
    }
  }

  /** All files that the text of an import can mean. */
  async function followTemplate(source: Compiled, template: TemplateReference): Promise<void> {
    const pieces = template.kind === 'import' ? beforeQuery(template.pieces) : template.pieces;
    const [first] = pieces;
    if (first === undefined || first === null) return;
    const known = knownText(pieces);
    // Only a query follows: one file.
    if (known !== null) {
      const target = await resolver.resolve(known, template.from, template.kind);
      if (target.kind === 'file' && isSource(target.path)) add(target.path, false);
      return;
    }
    const start = await startOf(template, first.text, template.from);
    if (start === null) return;
    const { prefix, folder } = start;
    const pattern = [prefix, ...patternOf(pieces.slice(1))];
    // In the folder of the module itself, `./${name}` would mean all of the project.
    const isDeep = !isBelow(folder, dirname(source.path));
    const matches = (path: string) => writtenAs(path).some((each) => matchesText(pattern, each));
    for (const path of filesIn(folder, matches, source, template, isDeep)) addFile(path);
  }

  /** Where the first text of a template leads: a relative path, or an alias of tsconfig.json. Null for a package, or out of the root. */
  async function startOf(
    template: TemplateReference,
    text: string,
    from: string,
  ): Promise<{ prefix: string; folder: string } | null> {
    const isRelative = /^\.{1,2}\//.test(text);
    const [target] = isRelative ? [] : aliasTargets(await configs.for(from), text);
    if (!isRelative && target === undefined) return null;
    const prefix = isRelative ? join(dirname(from), `${text}x`).slice(0, -1) : normalize(`${target}`);
    const folder = prefix.endsWith('/') ? prefix.slice(0, -1) : dirname(prefix);
    if (!isRelative) aliasedFolders.set(template, prefix);
    return gate.isInRoot(folder) ? { prefix, folder } : null;
  }

  function followPath(source: Compiled, reference: PathReference, isRequired: boolean): void {
    const known = knownText(reference.pieces);
    if (known === null) {
      followPathPattern(source, reference);
      return;
    }
    const target = resolver.fileAt(known);
    if (target.kind === 'package') packages.set(target.location.at, target.location);
    if (target.kind !== 'file') {
      followFolder(source, reference, known);
      return;
    }
    const found = target.path;
    if (!isSource(found) || reference.use === 'read') {
      addAsIs(normalize(known), found);
      return;
    }
    if (found === source.path || excludes(found)) return;
    runPaths.set(reference, found);
    add(found, isRequired && reference.use === 'run');
    // It may as well be read.
    if (reference.use === 'any' && isTypeScript(found)) addAsIs(found, found);
  }

  /** A name in a folder that is known: `join(__dirname, 'data', name + '.txt')`. */
  function followPathPattern(source: Compiled, reference: PathReference): void {
    const [first] = reference.pieces;
    if (first === undefined || first === null) return;
    const folder = first.text.endsWith('/') ? first.text.slice(0, -1) : dirname(first.text);
    if (!gate.isInRoot(folder)) return;
    const pattern = patternOf(reference.pieces);
    for (const path of filesIn(folder, (each) => matchesText(pattern, each), source, reference, false)) addFile(path);
  }

  /** A folder that is named stands for all that is in it, but for one that the source itself is in. */
  function followFolder(source: Compiled, reference: PathReference, folder: string): void {
    const path = folder.endsWith('/') ? folder.slice(0, -1) : folder;
    if (gate.look(path).kind !== 'folder' || isBelow(path, source.path) || isInPackage(path)) return;
    for (const each of filesIn(path, () => true, source, reference, true)) addFile(each);
  }

  function filesIn(
    folder: string,
    wants: (path: string) => boolean,
    source: Compiled,
    { range }: { range: Range },
    isDeep: boolean,
  ): string[] {
    const askedBy = () => `The path in ${problems.placeOf(source, range.start)}`;
    return walkFolder(gate, folder, { skip: isHiddenOrPackages, wants, askedBy, isDeep });
  }

  return {
    add,
    addFile,
    async finish() {
      for (;;) {
        // Sources that are found together are compiled together.
        const isRequired = required.length > 0;
        const batch = (isRequired ? required : optional).splice(0).filter((path) => !seen.has(path));
        for (const path of batch) seen.add(path);
        await Promise.all(batch.map((path) => follow(path, isRequired)));
        if (required.length === 0 && optional.length === 0) break;
      }
      return {
        sources,
        targets,
        aliasedFolders,
        runPaths,
        files,
        links,
        jsonModules,
        packages: [...packages.values()],
        usesNisher,
      };
    },
  };
}

/** A specifier of an ES module is a URL: what follows `?` or `#` does not change the file. */
function beforeQuery(pieces: Pieces): Pieces {
  const end = pieces.findIndex((each) => each !== null && /[?#]/.test(each.text));
  const last = pieces[end];
  if (end === -1 || last === null || last === undefined) return pieces;
  return [...pieces.slice(0, end), { text: last.text.replace(/[?#].*$/s, ''), node: null }];
}

/** The ways in which code may write the path of a file: without its extension, with that of what it is compiled to, or as a folder. */
function writtenAs(path: string): string[] {
  const extension = /\.(?:[cm]?[jt]s|[jt]sx|json|node)$/.exec(path)?.[0];
  if (extension === undefined) return [path];
  const stem = path.slice(0, -extension.length);
  const compiled = extension.replace(/tsx?$/, 'js').replace('jsx', 'js');
  return [path, stem, stem + compiled, ...(basename(stem) === 'index' ? [dirname(stem)] : [])];
}
