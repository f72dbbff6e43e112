import { AsyncLocalStorage } from "node:async_hooks";

/** The values of each field of a form that was kept while its reader signed in again. */
export type KeptFields = Readonly<Record<string, readonly string[]>>;

/**
 * The kept fields of the page that is being answered, for its fields; there is no store on a page without a kept form.
 * The context of `hono/jsx` would add 7 kB to a Worker.
 */
export const keptFields = new AsyncLocalStorage<KeptFields>();
