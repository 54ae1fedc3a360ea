import type { Course, Range } from './course.js';
import type { Random } from './random.js';

/** A behaviour with its parameters drawn. */
export interface Behaviour {
  readonly family: string;
  readonly name: string;
  /** The guest's function that behaves so. */
  readonly guest: string;
  readonly parameters: readonly unknown[];
  readonly course: Course;
}

export interface Drawn {
  readonly parameters: readonly unknown[];
  readonly course: Course;
  /** @default the behaviour's own name */
  readonly guest?: string;
}

export type Draw = (random: Random) => Drawn;
export type Families = Readonly<Record<string, Readonly<Record<string, Draw>>>>;

export const never = Number.POSITIVE_INFINITY;
export const exactly = (value: number): Range => ({ least: value, most: value });

export const fixed =
  (course: Course, ...parameters: unknown[]): Draw =>
  () => ({ parameters, course });
