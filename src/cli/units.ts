import { UsageError } from './usage-error.js';

/** Sizes, in mebibytes. `MB` means 2^20 bytes, as in the seed (`mem_in_mb * 1024 * 1024`), in `memInMb` and in `docker run --memory`. */
const mebibytesPer: Readonly<Record<string, number>> = {
  b: 1 / 2 ** 20,
  k: 1 / 2 ** 10,
  kb: 1 / 2 ** 10,
  kib: 1 / 2 ** 10,
  m: 1,
  mb: 1,
  mib: 1,
  g: 2 ** 10,
  gb: 2 ** 10,
  gib: 2 ** 10,
  t: 2 ** 20,
  tb: 2 ** 20,
  tib: 2 ** 20,
};

const secondsPer: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** From large to small: the order in which a time's parts must come. */
const timeUnits = ['d', 'h', 'm', 's', 'ms'];

/**
 * A size in mebibytes from what was typed: `256MiB`, `256MB`, `1.5g`, `64k`; a bare number is mebibytes. Units in either case.
 * @throws UsageError naming the option and the value; nothing is ever guessed (`bytes('256MiB')` of npm is 256).
 */
export function parseSizeInMb(option: string, text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?|\.\d+)\s?([a-z]*)$/i.exec(text) ?? [];
  const factor = unit === '' ? 1 : mebibytesPer[unit.toLowerCase()];
  if (number === undefined || factor === undefined) {
    throw new UsageError(
      `\`${text}\` is no size for --${option}`,
      'Sizes look like 256MiB, 256MB, 1.5GiB, 64k or 256; a bare number is MB, and MB is 2^20 bytes like MiB',
    );
  }
  return positive(option, text, Number(number) * factor);
}

/**
 * Seconds from what was typed: `1.5h`, `1h30m`, `300ms`, `2s`; a bare number is seconds. Of several parts each unit comes once,
 * the larger first.
 * @throws UsageError naming the option and the value.
 */
export function parseTimeInS(option: string, text: string, { zero = false } = {}): number {
  if (/^(\d+(\.\d+)?|\.\d+)$/.test(text)) return positive(option, text, Number(text), zero);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?|\.\d+)(ms|[smhd])/gi)];
  const positions = parts.map(([, , unit = '']) => timeUnits.indexOf(unit.toLowerCase()));
  const descending = positions.every((position, index) => index === 0 || position > (positions[index - 1] ?? -1));
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text || !descending) {
    throw new UsageError(
      `\`${text}\` is no time for --${option}`,
      'Times look like 2s, 300ms, 1.5h, 1h30m or 2; a bare number is seconds',
    );
  }
  const seconds = parts.reduce(
    (sum, [, number, unit = '']) => sum + Number(number) * (secondsPer[unit.toLowerCase()] ?? Number.NaN),
    0,
  );
  return positive(option, text, seconds, zero);
}

/** A number above zero. @throws UsageError */
export function parseNumber(option: string, text: string): number {
  if (!/^(\d+(\.\d+)?|\.\d+)$/.test(text))
    throw new UsageError(`\`${text}\` is no number for --${option}`, 'For example 2 or 0.5');
  return positive(option, text, Number(text));
}

/** A whole number above zero. @throws UsageError */
export function parseCount(option: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`\`${text}\` is no whole number for --${option}`, 'For example 1 or 16');
  return positive(option, text, Number(text));
}

function positive(option: string, text: string, value: number, zero = false): number {
  if (!Number.isFinite(value)) throw new UsageError(`\`${text}\` is too large for --${option}`);
  if (value < 0 || (value === 0 && !zero))
    throw new UsageError(`--${option} must be more than 0, got \`${text}\``, 'Leave the option out for no restriction');
  return value;
}
