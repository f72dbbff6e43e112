/** Steps of a test that keeps a process running from one to the next. */

/**
 * Runs a step without sanitizers of its own, because the process's output is being read all the while; the test
 * around it keeps its own, and so still finds whatever a step leaves behind.
 */
export async function step(
  t: Deno.TestContext,
  name: string,
  fn: () => Promise<void>,
): Promise<void> {
  await t.step({ name, fn, sanitizeOps: false, sanitizeResources: false });
}
