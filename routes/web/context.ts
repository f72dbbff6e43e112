import type { Context } from "hono";
import type { AuditActor } from "../../domain/accounts/audit.ts";
import type { Session } from "../../domain/accounts/account.ts";
import type { SmsPrices } from "../../domain/pricing/sms_prices.ts";
import type { Service } from "../../domain/service/service.ts";
import type { RequestLog } from "../http/context.ts";
import type { Cookies } from "./cookie_names.ts";
import type { Page } from "./pages.ts";
import type { Language } from "./texts/plural.ts";
import type { Texts } from "./texts/texts.ts";

/** What the server hands on with each request. */
export interface WebBindings {
  /** The log line of the request, which the application created. */
  readonly requestLog: RequestLog;
  /** The client's IP address; `undefined` when it is unknown. */
  readonly client: string | undefined;
  /** Reports an error that was answered with a page, for the log. */
  readonly report: (error: Error) => void;
}

/** The colours of the pages: those of the reader's system, or always light or dark. */
export const THEMES = ["system", "light", "dark"] as const;
/** One of {@link THEMES}. */
export type Theme = typeof THEMES[number];

/** What every page shows beside its own content. */
export interface View {
  readonly language: Language;
  readonly texts: Texts;
  readonly theme: Theme;
  /** The address of this page, to return to it. */
  readonly path: string;
  /** The session of the visitor, whose second factor may be outstanding. */
  readonly session: Session | undefined;
  /** The token that every form of this session carries; empty without a session. */
  readonly csrfToken: string;
  readonly termsUrl: string | undefined;
  /** Whom users write to. */
  readonly contact: string;
  /** Whether the development mailbox holds what the pages send. */
  readonly hasMailbox: boolean;
  /** What text messages cost; `undefined` when the operator has not said so. */
  readonly smsPrices: SmsPrices | undefined;
}

/** The Hono environment of the pages. */
export interface WebEnv {
  readonly Bindings: WebBindings;
  readonly Variables: {
    requestLog: RequestLog;
    page: Page;
    view: View;
    cookies: Cookies;
    /** The server's URL, ending in a slash. */
    root: string;
  };
}

export type WebContext = Context<WebEnv>;

/**
 * Returns the session of a page that needs one.
 *
 * @throws when the page's row in the table lets visitors in without a session
 */
export function sessionOf(c: WebContext): Session {
  const { session } = c.var.view;
  if (session === undefined) throw new Error("the page needs no session");
  return session;
}

/**
 * Returns the service that the address names.
 *
 * @throws when the page's row in the table needs no permission in a service
 */
export function serviceOf(c: WebContext): Service {
  const { service } = sessionOf(c);
  if (service === undefined) throw new Error("the page is of no service");
  return service;
}

/** Who acts on a page that needs a session, for the audit log. */
export function actorOf(c: WebContext): AuditActor {
  return { kind: "user", id: sessionOf(c).user.id };
}
