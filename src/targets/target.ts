/** How a module is packed, after the check of its options. */
export interface PackOptions {
  /** Folder below which files may be read; null: the project folder. */
  readonly root: string | null;
  /** Globs of files that travel, relative to the root; `!glob` leaves files out that code only names by path. */
  readonly include: readonly string[];
  /** Names of packages that travel although no import names them; `!name` leaves one out. */
  readonly packages: readonly string[];
  /** How paths are shown in messages and stacks: as they are, or relative to the root. */
  readonly paths: 'absolute' | 'relative';
  readonly packTimeInS: number;
}

export const defaultPackOptions: PackOptions = {
  root: null,
  include: [],
  packages: [],
  paths: 'absolute',
  packTimeInS: 30,
};

/** What {@link fromModule} makes: a function named by its module and export. `F` is the function's type. */
export interface ModuleFunction<F> {
  readonly kind: 'module';
  /** `file:` URL of the module. */
  readonly url: string;
  readonly exportName: string;
  /** @internal Absent in one that was made by hand. */
  readonly packing?: PackOptions;
  /** Never there at run time: carries the function's type. */
  readonly __type?: F;
}

/** What {@link fromSource} makes: a function of a source text. `F` is the function's type. */
export interface SourceFunction<F> {
  readonly kind: 'source';
  /** Texts by path. */
  readonly files: Readonly<Record<string, string>>;
  /** @internal A file of the host that is the entry's text; null: it is among the texts. */
  readonly entryFile: string | null;
  /** The path of the text that exports the function. */
  readonly entry: string;
  /** `auto`: ES module or CommonJS, as the text of the entry is. */
  readonly language: SourceLanguage | 'auto';
  readonly exportName: string;
  /** Names of packages that it may import, looked for from {@link resolveFrom}. */
  readonly packages: readonly string[];
  /** Absolute path of a folder of the host. */
  readonly resolveFrom: string;
  /** @internal Globs of files that travel with it, relative to `root`. */
  readonly include: readonly string[];
  /** @internal Folder that `include` is relative to. */
  readonly root: string | null;
  /** @internal */
  readonly packTimeInS: number;
  /** Never there at run time: carries the function's type. */
  readonly __type?: F;
}

/** `ts` and `js`: ES modules. `cjs`: CommonJS. */
export type SourceLanguage = 'ts' | 'js' | 'cjs';

/** A self-contained function, as its source text. */
export interface InlineFunction {
  readonly kind: 'inline';
  /** An expression that evaluates to the function. */
  readonly source: string;
  /** For messages. */
  readonly name: string;
}

export type Target = ModuleFunction<unknown> | SourceFunction<unknown> | InlineFunction;

/** Whether {@link fromModule} made it. */
export function isModuleFunction(value: unknown): value is ModuleFunction<never> {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'module';
}

const sourceFunctions = new WeakSet<object>();

/** Notes that {@link fromSource} made it. */
export function asSourceFunction<F>(value: SourceFunction<F>): SourceFunction<F> {
  sourceFunctions.add(value);
  return value;
}

/** Whether {@link fromSource} made it. */
export function isSourceFunction(value: unknown): value is SourceFunction<never> {
  return typeof value === 'object' && value !== null && sourceFunctions.has(value);
}

/** Whether outcomes are to show nothing of this machine: paths are relative, stacks have no frames of this program. */
export function hidesHost(target: Target): boolean {
  return target.kind === 'source' || (target.kind === 'module' && target.packing?.paths === 'relative');
}
