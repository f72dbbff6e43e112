/** What was typed into a form when the session had ended, kept until the person is signed in again. */
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { CODE_VALID_MS } from "../../domain/accounts/one_time_codes.ts";
import { type KeptForms, MAX_KEPT_FORM_BYTES } from "../../domain/ports/kept_forms.ts";
import type { UserId } from "../../domain/ids.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time/durations.ts";
import { readText } from "../http/body.ts";
import type { WebContext } from "./context.ts";
import { isForm, markOfToken } from "./forms.ts";
import type { KeptFields } from "./kept_fields.ts";
import type { Page } from "./pages.ts";

/** The cookie with the token of the form. */
export const KEPT_FORM_COOKIE = "hark_form";
/** For how long a form is kept, in minutes. */
export const KEPT_FORM_MINUTES = CODE_VALID_MS["kept-form"] / MINUTE_MS;

/** The most fields of a form that is kept. Its sender has not signed in, and reading very many fields takes seconds. */
export const MAX_KEPT_FIELDS = 1_000;

/** Fields that are not kept: secrets, and what belongs to the session. */
const NOT_KEPT: ReadonlySet<string> = new Set([
  "csrf_token",
  "password",
  "code",
  // Of an authenticator app.
  "secret",
  "uri",
  // Of a callback.
  "bearer_token",
]);

/** A path that a cookie can have. That of a page with other characters names nothing that is stored. */
const COOKIE_PATH = /^\/[!-:<-~]*$/;

/**
 * Keeps the form of a request that is sent to sign in, for the person on whose page it was. A form that is too large, has
 * more than {@link MAX_KEPT_FIELDS} or whose page does not show it again, is not kept; nor is a body that is not a form.
 */
export async function keepForm(
  c: WebContext,
  page: Page,
  keptForms: Pick<KeptForms, "keep">,
  now: number,
): Promise<void> {
  const isShownAgain = page.methods.includes("GET") && page.needs !== "first-factor";
  if (!isShownAgain || !isForm(c) || !COOKIE_PATH.test(c.req.path)) return;
  const body = await readText(c, MAX_KEPT_FORM_BYTES);
  if (!body.ok) return;
  const text = body.value.text ?? "";
  if (text.split("&", MAX_KEPT_FIELDS + 1).length > MAX_KEPT_FIELDS) return;
  const sent = new URLSearchParams(text);
  const byName = Map.groupBy([...sent].filter(([name]) => !NOT_KEPT.has(name)), ([name]) => name);
  const fields = Object.fromEntries(
    Array.from(byName, ([name, pairs]) => [name, pairs.map(([, value]) => value)]),
  );
  const mark = markOfToken(sent.get("csrf_token") ?? "");
  const token = await keptForms.keep(mark, { path: c.req.path, fields }, now);
  if (token === undefined) return;
  setCookie(c, KEPT_FORM_COOKIE, token, {
    path: c.req.path,
    httpOnly: true,
    sameSite: "Lax",
    secure: c.var.cookies.isSecure,
    maxAge: CODE_VALID_MS["kept-form"] / SECOND_MS,
  });
}

/** Returns the fields that were kept of the page's form for this person, who gets them once. */
export async function takeKeptFields(
  c: WebContext,
  userId: UserId,
  keptForms: Pick<KeptForms, "take">,
  now: number,
): Promise<KeptFields | undefined> {
  const token = getCookie(c, KEPT_FORM_COOKIE);
  if (token === undefined) return undefined;
  const fields = await keptForms.take(userId, token, c.req.path, now);
  if (fields !== undefined) {
    deleteCookie(c, KEPT_FORM_COOKIE, { path: c.req.path, secure: c.var.cookies.isSecure });
  }
  return fields;
}
