import { Hono } from "hono";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { answerPage } from "../pages/answer_page.ts";
import { rootOf } from "../http/context.ts";
import { isStoreUnavailable, STORE_RETRY_AFTER_S } from "../http/store_unavailable.ts";
import {
  type AboutFacts,
  AccessibilityPage,
  CookiesPage,
  PrivacyPage,
} from "./about/about_pages.tsx";
import { createAccess } from "./access.ts";
import { ASSET_FILES } from "./assets/assets.ts";
import type { View, WebContext, WebEnv } from "./context.ts";
import { ErrorPage } from "./error_page.tsx";
import { readForm, returnPath } from "./forms.ts";
import { HomePage } from "./home/home_page.tsx";
import { PageError } from "./page_error.ts";
import { ASSETS_PATH, PAGES } from "./pages.ts";
import {
  keepPreference,
  LANGUAGE_COOKIE,
  languageOf,
  parseLanguage,
  parseTheme,
  THEME_COOKIE,
  themeOf,
} from "./preferences.ts";
import { TEXTS } from "./texts/texts.ts";

/** Dependencies of {@link createWeb}. */
export interface WebPorts {
  /** The deployment's configured URL, without a trailing slash; `undefined` for the request's origin. */
  readonly publicUrl: string | undefined;
  /** The address of the deployment's terms of use. */
  readonly termsUrl: string | undefined;
  readonly facts: AboutFacts;
  /** Whether the development mailbox holds what the pages send. */
  readonly hasMailbox: boolean;
}

/** No inline script or style, and nothing from another origin. */
const pageHeaders = secureHeaders({
  strictTransportSecurity: false,
  referrerPolicy: "same-origin",
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    frameSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** A browser may keep an asset for a year: its name changes with its text. */
const ASSET_CACHE = "public, max-age=31536000, immutable";

/** Creates the pages of the web application. */
export function createWeb(ports: WebPorts): Hono<WebEnv> {
  const app = new Hono<WebEnv>();
  app.use(pageHeaders, async (c, next) => {
    c.set("requestLog", c.env.requestLog);
    c.set("view", viewOf(c, ports));
    await next();
  });
  app.onError((error, c) => answerError(c, error));
  app.notFound((c) => answerError(c, new PageError(404)));
  addAssets(app);
  app.use(csrf({ origin: (origin, c) => isOwnOrigin(origin, c.req.url, ports.publicUrl) }));
  app.use(createAccess(), async (c, next) => {
    await next();
    c.header("Cache-Control", "private, no-cache");
  });

  app.get(
    PAGES.home.path,
    (c) => answerPage(c, <HomePage view={c.var.view} root={rootOf(c, ports.publicUrl)} />),
  );
  app.get(
    PAGES.privacy.path,
    (c) => answerPage(c, <PrivacyPage view={c.var.view} facts={ports.facts} />),
  );
  app.get(
    PAGES.cookies.path,
    (c) => answerPage(c, <CookiesPage view={c.var.view} facts={ports.facts} />),
  );
  app.get(
    PAGES.accessibility.path,
    (c) => answerPage(c, <AccessibilityPage view={c.var.view} facts={ports.facts} />),
  );
  app.post(PAGES.preferences.path, async (c) => {
    const form = await readForm(c);
    const language = parseLanguage(form.text("language"));
    const theme = parseTheme(form.text("theme"));
    const isSecure = isOverTls(c, ports);
    if (language !== undefined) keepPreference(c, LANGUAGE_COOKIE, language, isSecure);
    if (theme !== undefined) keepPreference(c, THEME_COOKIE, theme, isSecure);
    return c.redirect(returnPath(form.text("return_to")), 303);
  });
  return app;
}

function viewOf(c: WebContext, ports: WebPorts): View {
  const language = languageOf(c);
  return {
    language,
    texts: TEXTS[language],
    theme: themeOf(c),
    path: c.req.path,
    visitor: undefined,
    csrfToken: "",
    termsUrl: ports.termsUrl,
    hasMailbox: ports.hasMailbox,
  };
}

/** Serves the style sheet, the scripts and the icon. */
function addAssets(app: Hono<WebEnv>): void {
  app.get(ASSETS_PATH, (c) => {
    const asset = ASSET_FILES.get(c.req.param("file"));
    if (asset === undefined) throw new PageError(404);
    c.header("Cache-Control", ASSET_CACHE);
    c.header("ETag", asset.tag);
    if (c.req.header("if-none-match") === asset.tag) return c.body(null, 304);
    return c.body(asset.text, 200, { "Content-Type": asset.type });
  });
}

function answerError(c: WebContext, error: Error): Response | Promise<Response> {
  const { status, retryAfterS } = toPageError(error);
  if (status >= 500) c.env.report(error);
  c.header("Cache-Control", "no-store");
  if (retryAfterS !== undefined) c.header("Retry-After", String(retryAfterS));
  const { view, requestLog } = c.var;
  const page = <ErrorPage view={view} status={status} requestId={requestLog.requestId} />;
  return answerPage(c, page, status);
}

function toPageError(error: Error): PageError {
  if (error instanceof PageError) return error;
  // Thrown by `csrf`.
  if (error instanceof HTTPException) return new PageError(403);
  return isStoreUnavailable(error) ? new PageError(503, STORE_RETRY_AFTER_S) : new PageError(500);
}

/** Whether a form comes from this server: by the address of the request, or by the configured one behind a proxy. */
function isOwnOrigin(origin: string, url: string, publicUrl: string | undefined): boolean {
  return origin === new URL(url).origin ||
    (publicUrl !== undefined && origin === new URL(publicUrl).origin);
}

function isOverTls(c: WebContext, { publicUrl }: WebPorts): boolean {
  return (publicUrl ?? c.req.url).startsWith("https:");
}
