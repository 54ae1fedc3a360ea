import type { End } from '../wire/protocol.js';

/**
 * The runner's last frame. Whoever sent it may be hostile: every field is checked and cut to size.
 * @throws TypeError | SyntaxError when it is none.
 */
export function readEnd(payload: Buffer): End {
  const given: unknown = JSON.parse(payload.toString('utf8'));
  if (typeof given !== 'object' || given === null) throw new TypeError('its End frame is no object');
  const fields = given as Record<string, unknown>;
  const durationInS = () => number(fields, 'durationInS');
  const phase = () => (fields.phase === 'load' ? 'load' : 'call');
  switch (fields.status) {
    case 'returned':
      return { status: 'returned', durationInS: durationInS(), valueInBytes: number(fields, 'valueInBytes') };
    case 'threw':
      return {
        status: 'threw',
        phase: phase(),
        durationInS: durationInS(),
        valueInBytes: number(fields, 'valueInBytes'),
        exits: fields.exits === true,
      };
    case 'uncarriable':
      return {
        status: 'uncarriable',
        durationInS: durationInS(),
        path: text(fields, 'path'),
        problem: text(fields, 'problem'),
      };
    case 'tooLarge':
      return { status: 'tooLarge', durationInS: durationInS(), valueInBytes: number(fields, 'valueInBytes') };
    case 'exiting':
      return { status: 'exiting', phase: phase(), durationInS: durationInS(), exitCode: number(fields, 'exitCode') };
    case 'neverSettles':
      return { status: 'neverSettles', phase: phase(), durationInS: durationInS() };
    case 'failed':
      return { status: 'failed', problem: text(fields, 'problem') };
    case 'unloadable':
      return {
        status: 'unloadable',
        problem: text(fields, 'problem'),
        place: text(fields, 'place'),
        line: text(fields, 'line'),
        isImport: fields.isImport === true,
      };
    case 'noSuchExport':
      return { status: 'noSuchExport', exports: texts(fields, 'exports'), foundType: text(fields, 'foundType') };
    default:
      throw new TypeError('its End frame has an unknown status');
  }
}

function number(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new TypeError(`its End frame has no valid ${name}`);
  return value;
}

function text(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new TypeError(`its End frame has no valid ${name}`);
  return value.slice(0, 1000);
}

function texts(fields: Record<string, unknown>, name: string): string[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new TypeError(`its End frame has no valid ${name}`);
  return value.filter((item): item is string => typeof item === 'string').slice(0, 100);
}
