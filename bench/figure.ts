export type Unit = 'ms' | 'calls/s' | 'MB/s' | 'MB' | '%' | '';

/** One line of the table: what was measured, against what, and what it must reach. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  /** Measured in the same run, in the same unit. */
  readonly against?: { readonly name: string; readonly value: number };
  /** Bound of the ratio to `against`, or, without one, of the value; absent: for information. */
  readonly must?: { readonly atMost: number } | { readonly atLeast: number };
}

/** The value over what it was measured against; null where it stands for itself. */
export function ratioOf({ value, against }: Figure): number | null {
  return against === undefined ? null : value / against.value;
}

/** A figure without a bound is always as it should be; one that could not be measured never is. */
export function isReached(figure: Figure): boolean {
  const { must } = figure;
  if (must === undefined) return true;
  const measured = ratioOf(figure) ?? figure.value;
  return 'atMost' in must ? measured <= must.atMost : measured >= must.atLeast;
}
