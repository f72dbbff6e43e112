import type { Context } from "hono";
import { html } from "hono/html";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Answers with a whole page, which is usually a `Shell`. */
export function answerPage(
  c: Context,
  page: JSX.Element,
  status: ContentfulStatusCode = 200,
): Response | Promise<Response> {
  return c.html(html`<!DOCTYPE html>${page}`, status);
}

/** The nonce of this response's Content-Security-Policy; empty where the policy has none. */
export function nonceOf(c: Context): string {
  return c.get("secureHeadersNonce") ?? "";
}
