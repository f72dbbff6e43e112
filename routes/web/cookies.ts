import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { WebContext } from "./context.ts";

/** Returns the token of the request's session. */
export function sessionTokenOf(c: WebContext): string | undefined {
  return getCookie(c, c.var.cookies.sessionName);
}

/** Returns the token of the remembered browser. */
export function browserTokenOf(c: WebContext): string | undefined {
  return getCookie(c, c.var.cookies.browserName);
}

/** Keeps a session in the browser until it expires. */
export function keepSession(
  c: WebContext,
  { token, expiresAt }: { readonly token: string; readonly expiresAt: number },
): void {
  setCookie(c, c.var.cookies.sessionName, token, attributes(c, expiresAt));
}

/** Remembers the browser until then. */
export function keepBrowser(
  c: WebContext,
  { token, expiresAt }: { readonly token: string; readonly expiresAt: number },
): void {
  setCookie(c, c.var.cookies.browserName, token, attributes(c, expiresAt));
}

/** Removes the session from the browser. */
export function forgetSession(c: WebContext): void {
  const { sessionName, isSecure } = c.var.cookies;
  deleteCookie(c, sessionName, { path: "/", secure: isSecure });
}

function attributes(c: WebContext, expiresAt: number) {
  return {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: c.var.cookies.isSecure,
    expires: new Date(expiresAt),
  } as const;
}
