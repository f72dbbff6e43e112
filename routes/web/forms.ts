import { BODY_RETRY_AFTER_S, type BodyFault, readText } from "../http/body.ts";
import type { WebContext } from "./context.ts";
import { findPage, PAGES } from "./pages.ts";
import { PageError } from "./page_error.ts";

/** The largest form that a page takes, in bytes. */
export const MAX_FORM_BYTES = 64 * 1024;

const FORM_TYPE = "application/x-www-form-urlencoded";

/** The fields of a form that was sent. */
export interface Form {
  /** A field's value as typed, with line feeds as line breaks; empty when the form has no such field. */
  text(name: string): string;
  /** All values of a field that the form has several times, such as checkboxes. */
  all(name: string): readonly string[];
  /** The names of the fields that were sent, each once. */
  names(): readonly string[];
}

/**
 * Reads the form of a request, and checks the token that forms of a session carry.
 *
 * @throws PageError 413 when it is too large; 403 when the token is not that of the session, or the body is not a form;
 * 503 when the process holds too many bodies
 */
export async function readForm(c: WebContext, maxBytes = MAX_FORM_BYTES): Promise<Form> {
  if (!isForm(c)) throw new PageError(403);
  const body = await readText(c, maxBytes);
  if (!body.ok) throw bodyError(body.refusal);
  const fields = new URLSearchParams(body.value.text ?? "");
  const { csrfToken } = c.var.view;
  // A page for everybody may have been opened before its reader signed in; the origin was checked.
  const isChecked = c.var.page.needs !== "nothing";
  if (isChecked && fields.get("csrf_token") !== csrfToken) throw new PageError(403);
  return toForm(fields);
}

/** Whether the request says that its body is a form without files. */
export function isForm(c: WebContext): boolean {
  const type = c.req.header("content-type") ?? "";
  return type.split(";", 1)[0]?.trim().toLowerCase() === FORM_TYPE;
}

/** Returns the mark of the person whose form has the token; empty for another text. */
export function markOfToken(csrfToken: string): string {
  const dot = csrfToken.indexOf(".");
  return dot === -1 ? "" : csrfToken.slice(dot + 1);
}

/** Returns the form of some fields. */
export function toForm(fields: URLSearchParams): Form {
  return {
    text: (name) => (fields.get(name) ?? "").replaceAll("\r\n", "\n"),
    all: (name) => fields.getAll(name),
    names: () => [...new Set(fields.keys())],
  };
}

function bodyError(fault: BodyFault): PageError {
  switch (fault.kind) {
    case "too-large":
      return new PageError(413);
    case "bodies-too-large":
      return new PageError(503, BODY_RETRY_AFTER_S);
    case "broken-off":
      return new PageError(403);
  }
}

/** A path that a header can carry: one with a line break or a character beyond ASCII would end the answer in an error. */
const LOCATION = /^\/[!-~]*$/;

/** Returns where a form leads back to: `path` when it is a page of this application, else the start page. */
export function returnPath(path: string | undefined): string {
  if (path === undefined || !LOCATION.test(path)) return PAGES.home.path;
  const [pathname = ""] = path.split(/[?#]/, 1);
  return findPage("GET", pathname).kind === "page" ? path : PAGES.home.path;
}
