import { type Figure, isReached, ratioOf, type Unit } from '../figure.js';

const headings = ['figure', 'nisher', 'against', '', 'ratio', 'must be', ''];

/** All figures as lines of text. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = [headings, ...figures.map(cells)];
  const widths = headings.map((_heading, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The same as a table of Markdown, for docs/performance.md. */
export function formatMarkdown(figures: readonly Figure[]): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...figures.map((figure) => line(cells(figure)))].join('\n');
}

function cells(figure: Figure): string[] {
  const { name, value, unit, against, must } = figure;
  const ratio = ratioOf(figure);
  return [
    name,
    formatValue(value, unit),
    against?.name ?? '',
    against === undefined ? '' : formatValue(against.value, unit),
    ratio === null ? '' : `${ratio.toFixed(2)} ×`,
    must === undefined
      ? ''
      : `${'atMost' in must ? `≤ ${must.atMost}` : `≥ ${must.atLeast}`} ${ratio === null ? unit : '×'}`.trim(),
    must === undefined ? '' : isReached(figure) ? '✔' : '✘',
  ];
}

export function formatValue(value: number, unit: Unit): string {
  const digits = unit === '' || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`.trim();
}

/** Names to the left, figures to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 1 || column === 3 || column === 4 ? cell.padStart(width) : cell.padEnd(width);
}
