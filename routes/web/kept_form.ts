/** What was typed into a form when the session had ended, kept in the browser until the person is signed in again. */
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { readText } from "../http/body.ts";
import type { WebContext } from "./context.ts";
import type { KeptFields } from "./kept_fields.ts";

/** The cookie that keeps the form. */
export const KEPT_FORM_COOKIE = "hark_form";
/** For how long the browser keeps it, in minutes. */
export const KEPT_FORM_MINUTES = 15;
/** The longest value of the cookie, in characters: browsers drop cookies of more than 4,096 bytes. */
const MAX_KEPT = 3_500;

/** Fields that are not kept: secrets, and what belongs to the session. */
const NOT_KEPT: ReadonlySet<string> = new Set([
  "csrf_token",
  "password",
  "code",
  // Of an authenticator app.
  "secret",
  "uri",
]);

/** Keeps the form of a request that is sent to sign in. One that is too large, or not a form, is not kept. */
export async function keepForm(c: WebContext): Promise<void> {
  const body = await readText(c, MAX_KEPT);
  if (!body.ok) return;
  const fields: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(body.value.text ?? "")) {
    if (!NOT_KEPT.has(name)) (fields[name] ??= []).push(value);
  }
  const text = JSON.stringify({ path: c.req.path, fields });
  const value = new TextEncoder().encode(text).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
  if (value.length > MAX_KEPT) return;
  setCookie(c, KEPT_FORM_COOKIE, value, {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: c.var.cookies.isSecure,
    maxAge: KEPT_FORM_MINUTES * 60,
  });
}

/** Returns the fields that were kept of the page's form, and removes them from the browser. */
export function takeKeptFields(c: WebContext): KeptFields | undefined {
  const value = getCookie(c, KEPT_FORM_COOKIE);
  if (value === undefined) return undefined;
  const kept = parseKept(value);
  if (kept?.path !== c.req.path) return undefined;
  deleteCookie(c, KEPT_FORM_COOKIE, { path: "/", secure: c.var.cookies.isSecure });
  return kept.fields;
}

function parseKept(
  value: string,
): { readonly path: string; readonly fields: KeptFields } | undefined {
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(value, { alphabet: "base64url" }));
    const kept: unknown = JSON.parse(text);
    return isKept(kept) ? kept : undefined;
  } catch {
    // The browser sent a value that is not ours.
    return undefined;
  }
}

function isKept(kept: unknown): kept is { readonly path: string; readonly fields: KeptFields } {
  return typeof kept === "object" && kept !== null && "path" in kept && "fields" in kept &&
    typeof kept.path === "string" && typeof kept.fields === "object" && kept.fields !== null &&
    Object.values(kept.fields).every((values: unknown) =>
      Array.isArray(values) && values.every((one) => typeof one === "string")
    );
}
