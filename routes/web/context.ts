import type { Context } from "hono";
import type { RequestLog } from "../http/context.ts";
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
  /** Who is signed in, with both factors. */
  readonly visitor: { readonly name: string } | undefined;
  /** The token that every form of this session carries; empty without a session. */
  readonly csrfToken: string;
  readonly termsUrl: string | undefined;
  /** Whether the development mailbox holds what the pages send. */
  readonly hasMailbox: boolean;
}

/** The Hono environment of the pages. */
export interface WebEnv {
  readonly Bindings: WebBindings;
  readonly Variables: { requestLog: RequestLog; page: Page; view: View };
}

export type WebContext = Context<WebEnv>;
