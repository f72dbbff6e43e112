import type { Context } from "hono";
import { html } from "hono/html";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Answers with an HTML page: a doctype, then `page`, an `<html>` element (usually the component `Shell`). */
export function answerPage(
  c: Context,
  page: JSX.Element,
  status: ContentfulStatusCode = 200,
): Response | Promise<Response> {
  return c.html(html`<!DOCTYPE html>${page}`, status);
}

/**
 * Returns the nonce of this response's Content-Security-Policy, for its inline styles and scripts. Hono's
 * `secureHeaders` sets it when the policy uses `NONCE`; without that it is empty.
 */
export function nonceOf(c: Context): string {
  return c.get("secureHeadersNonce") ?? "";
}
