/** What an engine says of itself and its machine. */
export interface EngineInfo {
  /** The engine's own name for its machine. */
  readonly name: string;
  readonly flavour: 'docker' | 'podman';
  readonly version: string;
  readonly apiVersion: string;
  /** Operating system of the machine, as in `Debian GNU/Linux 12 (bookworm)`. */
  readonly operatingSystem: string;
  /** Architecture under Node's name for it: `x64`, `arm64`, ... */
  readonly arch: string;
  readonly cgroupVersion: '1' | '2' | null;
  readonly cgroupDriver: string;
  readonly cores: number;
  readonly memInBytes: number;
  readonly securityOptions: readonly string[];
  readonly runtimes: readonly string[];
  readonly defaultRuntime: string;
  /** Whether a container's swap can be limited, and so switched off. */
  readonly swapLimit: boolean;
  readonly storageDriver: string;
  readonly rootless: boolean;
  readonly warnings: readonly string[];
}

/** The kernel's names for architectures, where Node has others. */
const archNames = new Map(
  Object.entries({
    x86_64: 'x64',
    amd64: 'x64',
    aarch64: 'arm64',
    armv7l: 'arm',
    i686: 'ia32',
    i386: 'ia32',
  }),
);

/**
 * Reads the answers to `/info` and `/version`. Engines leave out what they do not know, so everything has a fallback; what is not of
 * the type it should be counts as left out.
 */
export function engineInfo(info: Record<string, unknown>, version: Record<string, unknown>): EngineInfo {
  const text = (key: string) => asText(info[key]);
  const count = (key: string, fallback: number) =>
    Number.isSafeInteger(info[key]) && (info[key] as number) > 0 ? (info[key] as number) : fallback;
  const list = (key: string) => asList(info[key]).filter((item) => typeof item === 'string');
  const components = asList(version.Components) as ({ Name?: unknown } | null)[];
  const cgroupVersion = text('CgroupVersion');
  const securityOptions = list('SecurityOptions');
  const isPodman = components.some((component) => component?.Name === 'Podman Engine');
  return {
    name: text('Name'),
    flavour: isPodman ? 'podman' : 'docker',
    version: asText(version.Version),
    apiVersion: asText(version.ApiVersion),
    operatingSystem: text('OperatingSystem'),
    arch: archNames.get(text('Architecture')) ?? text('Architecture'),
    cgroupVersion: cgroupVersion === '1' || cgroupVersion === '2' ? cgroupVersion : null,
    cgroupDriver: text('CgroupDriver'),
    cores: count('NCPU', 1),
    memInBytes: count('MemTotal', 0),
    securityOptions,
    runtimes: Object.keys((info.Runtimes as object | undefined) ?? {}),
    defaultRuntime: text('DefaultRuntime'),
    swapLimit: info.SwapLimit === true,
    storageDriver: text('Driver'),
    rootless: info.Rootless === true || securityOptions.some((option) => option.includes('rootless')),
    warnings: list('Warnings'),
  };
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
