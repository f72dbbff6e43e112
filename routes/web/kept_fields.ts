import { AsyncLocalStorage } from "node:async_hooks";
import type { KeptForm } from "../../domain/ports/kept_forms.ts";
import { type Form, toForm } from "./forms.ts";

/** The values of each field of a form that was kept while its reader signed in again. */
export type KeptFields = KeptForm["fields"];

/**
 * The kept fields of the page that is being answered, for its fields; there is no store on a page without a kept form.
 * The context of `hono/jsx` would add 7 kB to a Worker.
 */
export const keptFields = new AsyncLocalStorage<KeptFields>();

/**
 * The kept form of the page that is being answered, for pages that show more than its fields; `undefined` without one.
 */
export function keptForm(): Form | undefined {
  const fields = keptFields.getStore();
  if (fields === undefined) return undefined;
  const pairs = Object.entries(fields).flatMap(([name, values]) =>
    values.map((value) => [name, value])
  );
  return toForm(new URLSearchParams(pairs));
}
