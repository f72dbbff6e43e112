import type { Hono } from "hono";
import type { AppEnv } from "./http/context.ts";

/**
 * Makes an application load the modules of an API when the first request for it arrives: they cost time at a start, and
 * memory of a process that gets no such request.
 *
 * @param app the application without that API; it is changed to answer as the loaded one from that request on
 * @param prefix the first segment of the API's addresses, with a slash before it
 * @param load returns the same application with the API; it may be called again while an earlier call is under way
 */
export function loadOnDemand(
  app: Hono<AppEnv>,
  prefix: string,
  load: () => Promise<Hono<AppEnv>>,
): void {
  const { fetch } = app;
  const isBelow = (path: string) => path === prefix || path.startsWith(`${prefix}/`);
  async function fetchLoaded(...args: Parameters<typeof fetch>): Promise<Response> {
    // Each of several first requests loads by itself: on Workers none may wait for another one.
    const whole = await load();
    app.fetch = whole.fetch;
    app.routes = whole.routes;
    return await whole.fetch(...args);
  }
  // Hono's own way to read a path, which decodes it.
  app.fetch = (...args) => isBelow(app.getPath(args[0])) ? fetchLoaded(...args) : fetch(...args);
}
