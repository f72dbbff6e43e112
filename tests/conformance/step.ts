/** Steps of a test whose process runs from one step to the next. */

/**
 * Runs a step without its own sanitizers, because the process's output is read during the step. The sanitizers of the
 * surrounding test still find resources that a step leaves open.
 */
export async function step(
  t: Deno.TestContext,
  name: string,
  fn: () => Promise<void>,
): Promise<void> {
  await t.step({ name, fn, sanitizeOps: false, sanitizeResources: false });
}
