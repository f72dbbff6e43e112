/** What all APIs with schemas of their own share about validation. */
import en from "zod/v4/locales/en.js";

/** Options of a parse: English messages for checks that have no message of their own (`zod/mini` brings none). */
export const IN_ENGLISH = { error: en().localeError };
