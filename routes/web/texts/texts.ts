import type { EN } from "./en.ts";

/** The type of a table of texts: strings, functions that return strings, and tables of them. */
type Widened<T> = T extends string ? string
  : T extends (...values: infer V) => string ? (...values: V) => string
  : T extends readonly [string, string] ? readonly [string, string]
  : T extends readonly (infer I)[] ? readonly Widened<I>[]
  : { readonly [K in keyof T]: Widened<T[K]> };

/** The texts of the pages in one language. The English table sets which texts there are. */
export type Texts = Widened<typeof EN>;
