import type { Context } from "hono";

/** The data of a request from which its client's IP address is determined. */
export interface RequestSource {
  /**
   * The IP address of the connection's other end, which may be a proxy; `undefined` where the platform does not report
   * it.
   */
  readonly remoteAddress: string | undefined;
  readonly headers: Headers;
}

/** Determines the IP address of a request's client; `undefined` when it is unknown. */
export type ReadClientAddress = (source: RequestSource) => string | undefined;

/**
 * Returns a function that determines the client's IP address of a Hono context with `read`. The address of the other
 * end is read from `c.env.remoteAddress`, which the server sets; it is `undefined` where it sets none.
 */
export function createClientOf(read: ReadClientAddress): (c: Context) => string | undefined {
  return (c) => read({ remoteAddress: remoteAddressOf(c.env), headers: c.req.raw.headers });
}

function remoteAddressOf(bindings: unknown): string | undefined {
  if (typeof bindings !== "object" || bindings === null) return undefined;
  if (!("remoteAddress" in bindings)) return undefined;
  return typeof bindings.remoteAddress === "string" ? bindings.remoteAddress : undefined;
}
