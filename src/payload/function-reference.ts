/** What {@link fromModule} makes: a function named by its module and export. `F` is the function's type. */
export interface ModuleFunction<F> {
  readonly kind: 'module';
  /** `file:` URL of the module. */
  readonly url: string;
  readonly exportName: string;
  /** Never there at run time: carries the function's type. */
  readonly __type?: F;
}

/** A self-contained function, as its source text. */
export interface InlineFunction {
  readonly kind: 'inline';
  /** An expression that evaluates to the function. */
  readonly source: string;
  /** For messages. */
  readonly name: string;
}

export type FunctionReference = ModuleFunction<unknown> | InlineFunction;

/** Whether {@link fromModule} made it. */
export function isModuleFunction(value: unknown): value is ModuleFunction<never> {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'module';
}
