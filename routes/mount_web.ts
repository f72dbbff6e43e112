import type { Context, Hono } from "hono";
import type { AppPorts } from "./app_ports.ts";
import { createClientOf } from "./http/client_address.ts";
import type { AppContext, AppEnv } from "./http/context.ts";
import { requireDevelopmentHost } from "./http/development_host.ts";
import type { WebBindings, WebEnv } from "./web/context.ts";
import type { UseCases } from "./use_cases.ts";
import { ASSETS_PATH, type Page, PAGES } from "./web/pages.ts";

/** Answers a request with a page. */
export type AnswerWithPage = (c: AppContext) => Promise<Response>;

/**
 * Mounts the pages of the web application. Their modules are loaded at the first request of a page, so that the start of
 * the APIs is not slower for them.
 *
 * @returns a handler that answers with the page of the request's address, or with the page of 404
 */
export function mountWeb(
  app: Hono<AppEnv>,
  ports: AppPorts,
  { loadAccounts, sendOne, loadLists, resend }: Pick<
    UseCases,
    "loadAccounts" | "sendOne" | "loadLists" | "resend"
  >,
): AnswerWithPage {
  const { callbacks, clock, management, notifications, suppressions, publicUrl } = ports;
  const { defaults, mailbox } = ports;
  const clientOf = createClientOf(ports.clientAddress);
  let web: Hono<WebEnv> | undefined;

  async function loadWeb(): Promise<Hono<WebEnv>> {
    const [{ createWeb }, accounts, opened] = await Promise.all([
      import("./web/app.tsx"),
      loadAccounts(),
      ports.loadAccounts(),
    ]);
    return web ??= createWeb({
      clock,
      accounts,
      loadLists,
      contexts: ports.contexts,
      jobs: ports.jobs,
      readSheet: ports.readSheet,
      management,
      callbacks,
      sendOne,
      notifications,
      suppressions,
      unsubscribes: ports.unsubscribes,
      inbound: ports.inbound,
      resend,
      messagePages: opened.messagePages,
      searchTokens: opened.searchTokens,
      keptForms: opened.keptForms,
      senderDefaults: defaults,
      smsPrices: ports.smsPrices,
      publicUrl,
      contact: accounts.policy.contactEmail ?? `operator@${defaults.emailDomain}`,
      hasMailbox: mailbox !== undefined,
    });
  }

  async function answer(c: AppContext): Promise<Response> {
    const pages = await loadWeb();
    const bindings: WebBindings = {
      requestLog: c.get("requestLog"),
      client: clientOf(c),
      report: (error) => c.error = error,
    };
    const response = await pages.fetch(c.req.raw, bindings, executionOf(c));
    // Made anew, with the headers that the application has set before.
    return c.newResponse(response.body, response);
  }

  // A page of another site that has a name for this address must not sign in.
  app.use(PAGES.signInDemo.path, requireDevelopmentHost(publicUrl));
  for (const { path } of Object.values<Page>(PAGES)) app.all(path, answer);
  app.get(ASSETS_PATH, answer);
  return answer;
}

/** Whether a request without a route is one of a person's browser, which is answered with a page. */
export function isForPeople(c: Context): boolean {
  const [, segment = ""] = c.req.path.split("/", 2);
  return !API_SEGMENTS.has(segment) && (c.req.header("accept") ?? "").includes("text/html");
}

/** The first segments of addresses that programs call. */
const API_SEGMENTS: ReadonlySet<string> = new Set([
  "v2",
  "notifications",
  "manage",
  "receipts",
  "inbound",
  "dev",
]);

/** What keeps the runtime alive after the answer; a test may give none. */
function executionOf(c: AppContext): AppContext["executionCtx"] | undefined {
  try {
    return c.executionCtx;
  } catch {
    return undefined;
  }
}
