import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { WebContext } from "./context.ts";

/** The cookie of the session. */
const SESSION_NAME = "hark";
/** The cookie of a browser that is remembered, so that it needs no second factor. */
const BROWSER_NAME = "hark_browser";

/** The cookies of a deployment, with the names that they have there. */
export interface Cookies {
  readonly sessionName: string;
  readonly browserName: string;
  /** Whether cookies are sent over TLS only. */
  readonly isSecure: boolean;
}

/**
 * The cookies of a deployment at an address. Over TLS their names begin with `__Host-`, so that no other host can set
 * them.
 */
export function cookiesOf(root: string): Cookies {
  const isSecure = root.startsWith("https:");
  const prefix = isSecure ? "__Host-" : "";
  return {
    sessionName: `${prefix}${SESSION_NAME}`,
    browserName: `${prefix}${BROWSER_NAME}`,
    isSecure,
  };
}

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
