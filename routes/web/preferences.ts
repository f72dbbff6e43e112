import { getCookie, setCookie } from "hono/cookie";
import type { WebContext } from "./context.ts";
import { type Theme, THEMES } from "./context.ts";
import { type Language, LANGUAGES } from "./texts/plural.ts";

/** The cookie of the language that the reader chose. */
export const LANGUAGE_COOKIE = "hark_language";
/** The cookie of the colours that the reader chose. */
export const THEME_COOKIE = "hark_theme";

/** How long the browser keeps these choices, in days. */
export const PREFERENCE_DAYS = 365;

/** Returns the language that a text names; `undefined` for other texts. */
export function parseLanguage(text: string | undefined): Language | undefined {
  return LANGUAGES.find((language) => language === text);
}

/** Returns the colours that a text names; `undefined` for other texts. */
export function parseTheme(text: string | undefined): Theme | undefined {
  return THEMES.find((theme) => theme === text);
}

/** Returns the language that the reader chose in this browser. */
export function chosenLanguage(c: WebContext): Language | undefined {
  return parseLanguage(getCookie(c, LANGUAGE_COOKIE));
}

/**
 * Returns the language of a page: the one of the cookie, else the first of the browser's languages that the pages have,
 * else English.
 */
export function languageOf(c: WebContext): Language {
  const chosen = chosenLanguage(c);
  if (chosen !== undefined) return chosen;
  // Browsers send their languages in order of preference.
  const wanted = (c.req.header("accept-language") ?? "").split(",", MAX_ACCEPTED);
  for (const one of wanted) {
    const language = parseLanguage(one.trim().slice(0, 2).toLowerCase());
    if (language !== undefined) return language;
  }
  return "en";
}

/** How many languages of a header are looked at. */
const MAX_ACCEPTED = 10;

/** Returns the colours of a page: those of the cookie, else the system's. */
export function themeOf(c: WebContext): Theme {
  return parseTheme(getCookie(c, THEME_COOKIE)) ?? "system";
}

/** Keeps a choice in the browser. */
export function keepPreference(
  c: WebContext,
  name: typeof LANGUAGE_COOKIE | typeof THEME_COOKIE,
  value: string,
): void {
  setCookie(c, name, value, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: c.var.cookies.isSecure,
    maxAge: PREFERENCE_DAYS * 24 * 60 * 60,
  });
}
