import type { Context } from "hono";

/** What the address of a client is read from. */
export interface RequestSource {
  /** The other end of the connection; `undefined` where the platform does not report it. */
  readonly remoteAddress: string | undefined;
  readonly headers: Headers;
}

/** Reads the address of a request's client; `undefined` when it is unknown. */
export type ReadClientAddress = (source: RequestSource) => string | undefined;

/** Reads the address of the client of a context's request. The server passes `remoteAddress` as a binding. */
export function createClientOf(read: ReadClientAddress): (c: Context) => string | undefined {
  return (c) => read({ remoteAddress: remoteAddressOf(c.env), headers: c.req.raw.headers });
}

function remoteAddressOf(bindings: unknown): string | undefined {
  if (typeof bindings !== "object" || bindings === null) return undefined;
  if (!("remoteAddress" in bindings)) return undefined;
  return typeof bindings.remoteAddress === "string" ? bindings.remoteAddress : undefined;
}
