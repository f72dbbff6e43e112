import { createContext } from "hono/jsx";

/** The values of each field of a form that was kept while its reader signed in again. */
export type KeptFields = Readonly<Record<string, readonly string[]>>;

/** The kept fields of the page that is being rendered; `undefined` on a page without a kept form. */
export const KeptFieldsContext = createContext<KeptFields | undefined>(undefined);
