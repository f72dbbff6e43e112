/**
 * Undici's agent, of which `socket_caller.ts` loads this module with the first call. Not the package's main module: that of
 * version 8 fails to load before Deno 2.9, and has `fetch`, WebSockets and caches besides.
 */
// @ts-types="./undici_agent.d.ts"
import Agent from "undici/lib/dispatcher/agent.js";

export { Agent };
