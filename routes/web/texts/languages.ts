import { EN } from "./en.ts";
import type { Language } from "./plural.ts";
import type { Texts } from "./texts.ts";
import { UK } from "./uk.ts";

/** The texts of the pages by language. */
export const TEXTS: Readonly<Record<Language, Texts>> = { en: EN, uk: UK };
