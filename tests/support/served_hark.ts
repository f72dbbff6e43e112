/** Hark in another process, for tests that need only its address: `start`, or the server of the runner. */
import { makeFolder, migrateFolder, PUBLIC_URL, SANDBOX_ENVIRONMENT, serve } from "./process.ts";
import { openServer, RUNNER } from "./runner.ts";

/**
 * A server with an empty database and sandboxes for providers. Disposing ends it.
 *
 * @param environment further variables
 */
export async function serveHark(
  environment: Readonly<Record<string, string>> = {},
): Promise<AsyncDisposable & { readonly url: string }> {
  if (RUNNER !== "process") {
    const { url, close } = await openServer({ environment: { PUBLIC_URL, ...environment } });
    return { url, [Symbol.asyncDispose]: close };
  }
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  await migrateFolder(folder);
  const { url } = stack.use(
    await serve("start", { folder, environment: { ...SANDBOX_ENVIRONMENT, ...environment } }),
  );
  const owned = stack.move();
  return { url, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
