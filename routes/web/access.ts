import type { MiddlewareHandler } from "hono";
import type { Accounts } from "../../application/accounts/accounts.ts";
import { sha256Hex } from "../../application/sha256_hex.ts";
import { accessTo, type Session } from "../../domain/accounts/account.ts";
import { may, type Permission } from "../../domain/accounts/roles.ts";
import { parseServiceId } from "../../domain/ids.ts";
import { isFixedInOwnService } from "../../domain/service/own_service.ts";
import type { KeptForms } from "../../domain/ports/kept_forms.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import { forgetSession, sessionTokenOf } from "./cookies.ts";
import type { View, WebContext, WebEnv } from "./context.ts";
import { keptFields } from "./kept_fields.ts";
import { keepForm, takeKeptFields } from "./kept_form.ts";
import { PageError } from "./page_error.ts";
import { findPage, type Page, PAGES } from "./pages.ts";
import { chosenLanguage } from "./preferences.ts";
import { TEXTS } from "./texts/languages.ts";

/** For how long after password and second factor the actions that need them anew are allowed, in milliseconds. */
export const RECENT_MS = 15 * 60 * 1000;

/** Dependencies of {@link createAccess}. */
export interface AccessPorts {
  readonly clock: Pick<Clock, "now">;
  readonly sessions: Pick<Accounts["sessions"], "read">;
  readonly keptForms: KeptForms;
}

/**
 * Creates the middleware that lets a request reach its page. It reads the session with one call, and puts it into the
 * view. An address that the table of pages does not have, or not with the request's method, is answered 404; so is a
 * service that the visitor is not a member of. A visitor without the session that the page needs is sent to sign in.
 */
export function createAccess(
  { clock, sessions, keptForms }: AccessPorts,
): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const found = findPage(c.req.method, c.req.path);
    if (found.kind !== "page") throw new PageError(404);
    const { page, params } = found;
    c.set("page", page);
    const token = sessionTokenOf(c);
    const serviceId = parseServiceId(params["service_id"]);
    if (token !== undefined) {
      const session = await sessions.read(token, serviceId);
      if (session === undefined) forgetSession(c);
      else {
        const mark = await keptForms.markOf(session.user.id);
        c.set("view", viewOf(c, session, await csrfTokenOf(token, mark)));
      }
    }
    const refused = refusal(c, page, clock.now());
    if (refused !== undefined) {
      if (c.req.method === "POST") await keepForm(c, page, keptForms, clock.now());
      return c.redirect(refused, 303);
    }
    if (serviceId !== undefined) c.get("requestLog").serviceId = serviceId;
    const { session } = c.var.view;
    const kept = c.req.method === "GET" && page.needs !== "nothing" && session !== undefined
      ? await takeKeptFields(c, session.user.id, keptForms, clock.now())
      : undefined;
    return kept === undefined ? await next() : await keptFields.run(kept, next);
  };
}

/** The view of a session. A browser without a choice of its own shows the language of the person's account. */
function viewOf(c: WebContext, session: Session, csrfToken: string): View {
  const language = chosenLanguage(c) ?? session.user.language;
  return { ...c.var.view, session, language, texts: TEXTS[language], csrfToken };
}

/** Returns where a visitor is sent who does not have the session that the page needs. */
function refusal(c: WebContext, page: Page, now: number): string | undefined {
  if (page.needs === "nothing") return undefined;
  const { session } = c.var.view;
  if (session === undefined) return withReturn(PAGES.signIn.path, c);
  if (page.needs === "first-factor") return undefined;
  if (session.stage !== "complete") return withReturn(PAGES.signInCode.path, c);
  if (page.needs === "operator") requireOperator(session);
  else if (page.needs !== "session") requirePermission(c, session, page, page.needs);
  return page.recent === true && now - session.reauthenticatedAt > RECENT_MS
    ? withReturn(PAGES.confirm.path, c)
    : undefined;
}

/** @throws PageError 403 for a person who is not an operator */
function requireOperator({ user }: Session): void {
  if (!user.isOperator) throw new PageError(403);
}

/** @throws PageError 404 for a service that is not the visitor's, 403 without the permission or when it is archived */
function requirePermission(
  c: WebContext,
  session: Session,
  { archived }: Page,
  permission: Permission,
): void {
  const { service } = session;
  if (service === undefined) throw new PageError(404);
  if (!may(accessTo(session, service.id), permission)) throw new PageError(403);
  // An archived service is read only but for what restores it, and parts of Hark's own are.
  const isRefused = (!service.active && archived !== true) ||
    isFixedInOwnService(service.id, permission);
  if (isRefused && c.req.method === "POST") throw new PageError(403);
}

/** An address that leads back to this page afterwards. What a form sent is not repeated, but shown again. */
function withReturn(path: string, c: WebContext): string {
  return `${path}?${new URLSearchParams({ return_to: c.req.path })}`;
}

/**
 * The token of a session's forms: it cannot be guessed, does not tell the session's token, and ends with the mark of the
 * person, by which a form is kept when the session is over.
 */
async function csrfTokenOf(sessionToken: string, mark: string): Promise<string> {
  return `${await sha256Hex(`form ${sessionToken}`)}.${mark}`;
}
