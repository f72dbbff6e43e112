import { Hono } from "hono";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { answerPage } from "../pages/answer_page.ts";
import { MissingMasterKey } from "../../domain/ports/missing_master_key.ts";
import { isStoreUnavailable, STORE_RETRY_AFTER_S } from "../http/store_unavailable.ts";
import { isValueTooLarge } from "../http/value_too_large.ts";
import { AccessibilityPage, CookiesPage, PrivacyPage } from "./about/about_pages.tsx";
import { addFactorPages } from "./account/factor_routes.tsx";
import { addAccountPages } from "./account/routes.tsx";
import { addAuditPages } from "./audit/routes.tsx";
import { addCallbackPages } from "./callbacks/routes.tsx";
import { addConfirmPage } from "./account/confirm.tsx";
import { createAccess } from "./access.ts";
import { ASSET_FILES } from "./assets/assets.ts";
import type { View, WebContext, WebEnv } from "./context.ts";
import { cookiesOf } from "./cookie_names.ts";
import { ErrorPage } from "./error_page.tsx";
import { readForm, returnPath } from "./forms.ts";
import { FirstOperatorPage, HomePage } from "./home/home_page.tsx";
import { addJobListPage } from "./job_list/job_list.tsx";
import { addKeyPages } from "./keys/routes.tsx";
import { addJobPages } from "./lists/job_routes.tsx";
import { addListPages } from "./lists/routes.tsx";
import { addMessageActions } from "./messages/action_routes.tsx";
import { addMessagePage } from "./messages/message_routes.tsx";
import { addMessagePages } from "./messages/routes.tsx";
import { PageError } from "./page_error.ts";
import { ASSETS_PATH, findPage, type Page, PAGES } from "./pages.ts";
import { type WebPorts, webRootOf } from "./ports.ts";
import {
  keepPreference,
  LANGUAGE_COOKIE,
  languageOf,
  parseLanguage,
  parseTheme,
  THEME_COOKIE,
  themeOf,
} from "./preferences.ts";
import { addOperatorLinkPage } from "./register/operator_link.tsx";
import { addRegisterPages } from "./register/routes.tsx";
import { addSendPages } from "./send/routes.tsx";
import { addSettingsPages } from "./settings/routes.tsx";
import { addReplyPages } from "./replies/routes.tsx";
import { addServicePages } from "./services/routes.tsx";
import { addEnrolPages } from "./sign_in/enrol_routes.tsx";
import { addSignInPages } from "./sign_in/routes.tsx";
import { addForgottenPages } from "./sign_in/forgotten.tsx";
import { addGoLivePage } from "./go_live/go_live_routes.tsx";
import { addGoLiveRequestPages } from "./go_live/request_routes.tsx";
import { addGuestPage } from "./services/guests.tsx";
import { addPurposePage } from "./services/purpose.tsx";
import { addInvitationPage } from "./team/invitation.tsx";
import { addSuppressedPages } from "./suppressed/routes.tsx";
import { addTeamPages } from "./team/routes.tsx";
import { TEXTS } from "./texts/languages.ts";
import { addEditorPages } from "./templates/editor_routes.tsx";
import { addFolderPages } from "./templates/folder_pages.tsx";
import { addHistoryPages } from "./templates/history_pages.tsx";
import { addTemplateListPages } from "./templates/list_routes.tsx";
import { addNewTemplatePage } from "./templates/new_template_routes.tsx";
import { addTemplatePages } from "./templates/template_routes.tsx";
import { addTestPage } from "./templates/test_page.tsx";
import { addTokenPages } from "./tokens/routes.tsx";

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

/**
 * A message's HTML is not ours: it runs no script, sends no form, asks no other server, and has an origin of its own. By
 * the HTML standard a sandboxed page with an opener policy is a network error.
 */
const contentHeaders = secureHeaders({
  strictTransportSecurity: false,
  referrerPolicy: "no-referrer",
  crossOriginOpenerPolicy: false,
  contentSecurityPolicy: {
    sandbox: [],
    defaultSrc: ["'none'"],
    styleSrc: ["'unsafe-inline'"],
    imgSrc: ["data:"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'self'"],
  },
});

/** The pages that are a message's HTML, in a frame of another page. */
const CONTENT_PAGES: readonly Page[] = [
  PAGES.previewMail,
  PAGES.templateMail,
  PAGES.messageContent,
  PAGES.sendOneMail,
];

/** A browser may keep an asset for a year: its name changes with its text. */
const ASSET_CACHE = "public, max-age=31536000, immutable";

/** Creates the pages of the web application. */
export function createWeb(ports: WebPorts): Hono<WebEnv> {
  const app = new Hono<WebEnv>();
  app.use(async (c, next) => {
    const found = findPage(c.req.method, c.req.path);
    const isContent = found.kind === "page" && CONTENT_PAGES.includes(found.page);
    return await (isContent ? contentHeaders : pageHeaders)(c, next);
  });
  app.use(async (c, next) => {
    const root = webRootOf(c, ports);
    c.set("requestLog", c.env.requestLog);
    c.set("root", root);
    c.set("cookies", cookiesOf(root));
    c.set("view", viewOf(c, ports));
    await next();
  });
  app.onError((error, c) => answerError(c, error));
  app.notFound((c) => answerError(c, new PageError(404)));
  addAssets(app);
  app.use(csrf({ origin: (origin, c) => isOwnOrigin(origin, c.req.url, ports.publicUrl) }));
  const { clock, accounts: { sessions }, keptForms } = ports;
  app.use(createAccess({ clock, sessions, keptForms }));
  app.use(async (c, next) => {
    await next();
    // A page of a session must not come back from the browser's cache after signing out.
    const isKept = c.var.view.session === undefined && !c.res.headers.has("Set-Cookie") &&
      // The page of a link shows whom it was sent to.
      !c.var.page.path.includes(":token");
    c.header("Cache-Control", isKept ? "private, no-cache" : "no-store");
  });
  addOpenPages(app, ports);
  addRegisterPages(app, ports);
  addOperatorLinkPage(app, ports);
  addSignInPages(app, ports);
  addEnrolPages(app, ports);
  addServicePages(app, ports);
  addSendPages(app, ports);
  addMessagePages(app, ports);
  addMessagePage(app, ports);
  addMessageActions(app, ports);
  addJobListPage(app, ports);
  addReplyPages(app, ports);
  addSuppressedPages(app, ports);
  addPurposePage(app, ports);
  addKeyPages(app, ports);
  addTemplateListPages(app, ports);
  addNewTemplatePage(app, ports);
  addEditorPages(app, ports);
  addFolderPages(app, ports);
  addTemplatePages(app, ports);
  addTestPage(app, ports);
  addHistoryPages(app, ports);
  addTeamPages(app, ports);
  addGuestPage(app, ports);
  addCallbackPages(app, ports);
  addGoLivePage(app, ports);
  addSettingsPages(app, ports);
  addGoLiveRequestPages(app, ports);
  addInvitationPage(app, ports);
  addForgottenPages(app, ports);
  addListPages(app, ports);
  addJobPages(app, ports);
  addAuditPages(app, ports);
  addTokenPages(app, ports);
  addAccountPages(app, ports);
  addFactorPages(app, ports);
  addConfirmPage(app, ports);
  return app;
}

/** Adds the start page, the pages about the site, and the choice of language and colours. */
function addOpenPages(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.home.path, async (c) => {
    const { view, root } = c.var;
    if (view.session?.stage === "complete") return c.redirect(PAGES.services.path, 303);
    const hasDemo = ports.accounts.signIn.asDemoUser !== undefined;
    const isOpen = hasDemo || view.session !== undefined ||
      await ports.accounts.operators.hasAnyUser();
    const page = isOpen
      ? <HomePage view={view} root={root} hasDemo={hasDemo} />
      : <FirstOperatorPage view={view} root={root} />;
    return await answerPage(c, page);
  });
  const show = (page: typeof PrivacyPage) => (c: WebContext) =>
    answerPage(c, page({ view: c.var.view, cookies: c.var.cookies }));
  app.get(PAGES.privacy.path, show(PrivacyPage));
  app.get(PAGES.cookies.path, show(CookiesPage));
  app.get(PAGES.accessibility.path, show(AccessibilityPage));
  app.post(PAGES.preferences.path, async (c) => {
    const form = await readForm(c);
    const language = parseLanguage(form.text("language"));
    const theme = parseTheme(form.text("theme"));
    if (language !== undefined) {
      keepPreference(c, LANGUAGE_COOKIE, language);
      // Messages to the person are in this language too. The password alone changes nothing of an account.
      const { session } = c.var.view;
      if (session?.stage === "complete") {
        await ports.accounts.settings.setLanguage(session, language);
      }
    }
    if (theme !== undefined) keepPreference(c, THEME_COOKIE, theme);
    return c.redirect(returnPath(form.text("return_to")), 303);
  });
}

function viewOf(c: WebContext, ports: WebPorts): View {
  const { accounts, contact, hasMailbox, smsPrices } = ports;
  const language = languageOf(c);
  return {
    language,
    texts: TEXTS[language],
    theme: themeOf(c),
    path: c.req.path,
    session: undefined,
    csrfToken: "",
    termsUrl: accounts.policy.termsUrl,
    contact,
    hasMailbox,
    smsPrices,
  };
}

/** Whether a client has what a tag names (RFC 9110, 13.1.2). A listener that compresses answers makes tags weak. */
function hasTag(header: string | undefined, tag: string): boolean {
  return (header ?? "").split(",").some((each) => each.trim().replace(/^W\//, "") === tag);
}

/** Serves the style sheet, the scripts and the icon. */
function addAssets(app: Hono<WebEnv>): void {
  app.get(ASSETS_PATH, (c) => {
    const asset = ASSET_FILES.get(c.req.param("file"));
    if (asset === undefined) throw new PageError(404);
    c.header("Cache-Control", ASSET_CACHE);
    c.header("ETag", asset.tag);
    if (hasTag(c.req.header("if-none-match"), asset.tag)) return c.body(null, 304);
    return c.body(asset.text, 200, { "Content-Type": asset.type });
  });
}

function answerError(c: WebContext, error: Error): Response | Promise<Response> {
  const { status, retryAfterS } = toPageError(error);
  if (status >= 500 && !(error instanceof PageError)) c.env.report(error);
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
  if (error instanceof MissingMasterKey) return new PageError(503);
  if (isValueTooLarge(error)) return new PageError(413);
  return isStoreUnavailable(error) ? new PageError(503, STORE_RETRY_AFTER_S) : new PageError(500);
}

/** Whether a form comes from this server: by the address of the request, or by the configured one behind a proxy. */
function isOwnOrigin(origin: string, url: string, publicUrl: string | undefined): boolean {
  return origin === new URL(url).origin ||
    (publicUrl !== undefined && origin === new URL(publicUrl).origin);
}
