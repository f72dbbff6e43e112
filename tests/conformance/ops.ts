/**
 * Runs each operation of the vectors by the functions that serve requests.
 *
 * `expected` is given for the operations that must know what a case asks about; it never decides an outcome.
 */
export type Ops = Readonly<
  Record<
    string,
    (input: Record<string, unknown>, expected: unknown) => unknown | Promise<unknown>
  >
>;
