import { EN } from "./en.ts";
import type { Language } from "./plural.ts";
import { UK } from "./uk.ts";

/** The type of a table of texts: strings, functions that return strings, and tables of them. */
type Widened<T> = T extends string ? string
  : T extends (...values: infer V) => string ? (...values: V) => string
  : T extends readonly string[] ? readonly string[]
  : { readonly [K in keyof T]: Widened<T[K]> };

/** The texts of the pages in one language. The English table sets which texts there are. */
export type Texts = Widened<typeof EN>;

/** The texts of the pages by language. */
export const TEXTS: Readonly<Record<Language, Texts>> = { en: EN, uk: UK };
