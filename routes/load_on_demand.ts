import type { Hono } from "hono";
import type { AppEnv } from "./http/context.ts";

/** Adds an API to an application. */
export type Mount = (app: Hono<AppEnv>) => void;

/**
 * Creates an application of which some APIs are loaded by the first request for each: their modules cost time at a
 * start, and memory of a process that gets no such request.
 *
 * @param assemble returns a new application with these APIs beside those that it always has
 * @param later for the first segment of the addresses of each such API, a function that loads it; it may be called again
 *   while an earlier call is under way
 */
export function loadOnDemand(
  assemble: (mounts: readonly Mount[]) => Hono<AppEnv>,
  later: Readonly<Record<string, () => Promise<Mount>>>,
): Hono<AppEnv> {
  const waiting = new Map(Object.entries(later));
  const loaded = new Map<string, Mount>();
  const app = assemble([]);
  let { fetch } = app;

  async function fetchLoaded(
    segment: string,
    load: () => Promise<Mount>,
    args: Parameters<typeof fetch>,
  ): Promise<Response> {
    // Each of several first requests loads by itself: on Workers none may wait for another one.
    loaded.set(segment, await load());
    waiting.delete(segment);
    const whole = assemble([...loaded.values()]);
    fetch = whole.fetch;
    app.routes = whole.routes;
    return await fetch(...args);
  }

  app.fetch = (...args) => {
    if (waiting.size === 0) return fetch(...args);
    // Hono's own way to read a path, which decodes it.
    const segment = app.getPath(args[0]).split("/", 2)[1] ?? "";
    const load = waiting.get(segment);
    return load === undefined ? fetch(...args) : fetchLoaded(segment, load, args);
  };
  return app;
}
