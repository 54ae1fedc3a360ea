import { formatValue } from './table.js';

export interface Bar {
  readonly name: string;
  readonly milliseconds: number;
  /** Ours, or what it is compared with. */
  readonly ours: boolean;
}

const WIDTH = 720;
const ROW = 30;
const LEFT = 250;
const RIGHT = 90;
const TOP = 50;

/** Latencies as bars on a logarithmic scale: they differ by a factor of a hundred. */
export function drawBars(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ milliseconds }) => milliseconds));
  const widthOf = (milliseconds: number) =>
    Math.max(2, (Math.log10(1 + milliseconds) / Math.log10(1 + most)) * (WIDTH - LEFT - RIGHT));
  const height = TOP + bars.length * ROW + 10;
  const lines = bars.flatMap(({ name, milliseconds, ours }, index) => {
    const y = TOP + index * ROW;
    const width = widthOf(milliseconds).toFixed(1);
    const end = (LEFT + Number(width) + 8).toFixed(1);
    return [
      `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end"${ours ? ' font-weight="bold"' : ''}>${escapeXml(name)}</text>`,
      `<rect x="${LEFT}" y="${y + 2}" width="${width}" height="18" rx="2" fill="${ours ? '#2f6f4f' : '#9aa5b1'}"/>`,
      `<text x="${end}" y="${y + 15}">${formatValue(milliseconds, 'ms')}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" fill="#1f2933">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="20" y="28" font-size="15" font-weight="bold">${escapeXml(title)}</text>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
