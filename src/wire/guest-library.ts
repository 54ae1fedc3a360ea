/** Where the container's image has the guest version of this library: ES modules. */
const guestModules: Readonly<Record<string, string>> = {
  nisher: '/nisher/guest/index.mjs',
  'nisher/guest': '/nisher/guest/limit-signal.mjs',
};

/** Where the image has the guest version as a package, for those who look it up in node_modules. */
export const GUEST_DIRECTORY = '/nisher/guest';

/** What `nisher` and `nisher/guest` become in code that goes into a container; undefined for any other specifier. */
export function guestSpecifier(specifier: string): string | undefined {
  return Object.hasOwn(guestModules, specifier) ? guestModules[specifier] : undefined;
}

/** Whether `specifier` names this library or something in it. */
export function isOwnName(specifier: string): boolean {
  return specifier === 'nisher' || specifier.startsWith('nisher/');
}
