/** Each page of the table, for each kind of visitor. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import type { Session } from "../../../domain/accounts/account.ts";
import { type Permission, type Role, ROLES } from "../../../domain/accounts/roles.ts";
import type { ServiceId, SessionId, UserId } from "../../../domain/ids.ts";
import { DEFAULT_SETTINGS, type Service } from "../../../domain/service/service.ts";
import { createAccess, RECENT_MS } from "../../../routes/web/access.ts";
import type { WebEnv } from "../../../routes/web/context.ts";
import { cookiesOf } from "../../../routes/web/cookie_names.ts";
import { PageError } from "../../../routes/web/page_error.ts";
import { findPage, type Need, type Page, PAGES, pathOf } from "../../../routes/web/pages.ts";
import { TEXTS } from "../../../routes/web/texts/languages.ts";
import { test } from "../../support/runner.ts";

const NOW = Date.UTC(2026, 10, 29);
const OWN = "11111111-1111-4111-8111-111111111111" as ServiceId;
const VALUES = {
  service_id: OWN,
  key_id: OWN,
  token: "token",
  token_id: OWN,
  user_id: OWN,
  invitation_id: OWN,
  request_id: OWN,
  kind: "delivery",
  template_id: OWN,
  notification_id: OWN,
  draft_id: OWN,
  job_id: OWN,
  message_id: OWN,
  conversation: "token",
  suppression_id: OWN,
  folder_id: OWN,
  version: "1",
};

const SERVICE: Service = {
  id: OWN,
  name: "Vehicle tax",
  mode: "trial",
  active: true,
  revision: 1,
  settings: DEFAULT_SETTINGS,
  createdAt: NOW,
  updatedAt: NOW,
};

interface Visitor {
  readonly stage?: Session["stage"];
  /** The roles in the service; `undefined` for one who is no member. */
  readonly roles?: readonly Role[];
  readonly isOperator?: boolean;
  readonly isArchived?: boolean;
  readonly reauthenticatedAt?: number;
}

/** Visitors by name; `undefined` for one without a session, such as one signed out or blocked. */
const VISITORS: Readonly<Record<string, Visitor | undefined>> = {
  "signed out": undefined,
  "half signed in": { stage: "first-factor", roles: ROLES },
  "not a member": {},
  "member without a role": { roles: [] },
  ...Object.fromEntries(ROLES.map((role) => [role, { roles: [role] }])),
  "every role": { roles: ROLES },
  "every role, archived": { roles: ROLES, isArchived: true },
  "every role, long ago": { roles: ROLES, reauthenticatedAt: NOW - RECENT_MS - 1 },
  "every role, just in time": { roles: ROLES, reauthenticatedAt: NOW - RECENT_MS },
  operator: { isOperator: true },
  "operator, half signed in": { stage: "first-factor", isOperator: true },
  "operator, long ago": { isOperator: true, reauthenticatedAt: NOW - RECENT_MS - 1 },
};

function sessionOf(visitor: Visitor): Session {
  const { stage = "complete", roles, isOperator = false, isArchived = false } = visitor;
  const isSeen = roles !== undefined || isOperator;
  return {
    id: OWN as string as SessionId,
    stage,
    user: {
      id: OWN as string as UserId,
      name: "Ann",
      emailAddress: "ann@dept.gov.example",
      mobileNumber: undefined,
      hasTotp: false,
      state: "active",
      language: "en",
      isOperator,
      createdAt: NOW,
    },
    createdAt: NOW,
    reauthenticatedAt: visitor.reauthenticatedAt ?? NOW,
    expiresAt: NOW + 1,
    memberships: roles === undefined ? [] : [{ serviceId: OWN, roles }],
    service: isSeen ? { ...SERVICE, active: !isArchived } : undefined,
  };
}

/** What the page answers to the visitor: 200 from the page itself, a status, or where it leads. */
async function answerTo(visitor: Visitor | undefined, method: string, path: string) {
  let reads = 0;
  const app = new Hono<WebEnv>();
  app.use(async (c, next) => {
    c.set("requestLog", { requestId: "request" });
    c.set("cookies", cookiesOf("http://localhost/"));
    c.set("view", {
      language: "en",
      texts: TEXTS.en,
      theme: "system",
      path: c.req.path,
      session: undefined,
      csrfToken: "",
      termsUrl: undefined,
      contact: "operator@example.org",
      hasMailbox: false,
      smsPrices: undefined,
    });
    await next();
  });
  app.use(createAccess({
    clock: { now: () => NOW },
    keptForms: {
      markOf: () => Promise.resolve("mark"),
      keep: () => Promise.resolve(undefined),
      take: () => Promise.resolve(undefined),
    },
    sessions: {
      read: () => {
        reads++;
        return Promise.resolve(visitor && sessionOf(visitor));
      },
    },
  }));
  app.all("*", (c) => c.text("the page"));
  app.onError((error, c) => c.text("", error instanceof PageError ? error.status : 500));
  const answer = await app.request(`http://localhost${path}`, {
    method,
    headers: { cookie: "hark=token" },
  });
  assert.ok(reads <= 1);
  const location = answer.headers.get("location");
  return location === null ? answer.status : location.split("?")[0];
}

/** What each role may do, as the documentation's table has it. */
const MAY: Readonly<Record<Role, readonly Permission[]>> = {
  view: ["see-messages"],
  send: ["see-messages", "send"],
  templates: ["change-templates"],
  keys: ["change-keys"],
  manage: ["change-settings", "change-team", "see-audit"],
};

/** What the matrix expects, decided by the sentences of the documentation. */
function expected(visitor: Visitor | undefined, page: Page, method: string): number | string {
  const { needs } = page;
  if (needs === "nothing") return 200;
  if (visitor === undefined) return "/sign-in";
  if (needs === "first-factor") return 200;
  if (visitor.stage === "first-factor") return "/sign-in/code";
  if (needs === "operator") {
    if (visitor.isOperator !== true) return 403;
  } else if (needs !== "session") {
    const { roles, isOperator = false } = visitor;
    if (roles === undefined && !isOperator) return 404;
    if (!isAllowed(needs, roles, isOperator)) return 403;
    if (visitor.isArchived === true && method === "POST" && page.archived !== true) return 403;
  }
  const isOld = NOW - (visitor.reauthenticatedAt ?? NOW) > RECENT_MS;
  return page.recent === true && isOld ? "/account/confirm" : 200;
}

function isAllowed(
  needs: Exclude<Need, "nothing" | "first-factor" | "session" | "operator">,
  roles: readonly Role[] | undefined,
  isOperator: boolean,
): boolean {
  if (isOperator) return needs !== "see-messages";
  if (needs === "see-overview") return true;
  return (roles ?? []).some((role) => MAY[role].includes(needs));
}

test.inside("PAGES: each page answers each visitor as its row says", async () => {
  for (const page of Object.values<Page>(PAGES)) {
    const path = pathOf(page, VALUES);
    for (const [name, visitor] of Object.entries(VISITORS)) {
      for (const method of page.methods) {
        const answer = await answerTo(visitor, method, path);
        assert.equal(answer, expected(visitor, page, method), `${method} ${path}, ${name}`);
      }
    }
  }
});

test.inside("PAGES: an address or a method that the table does not have is not answered", async () => {
  const everyone = { roles: ROLES, isOperator: true };
  for (const path of ["/nothing", "/services/", `/services/${OWN}/nothing`, "/register/a/b"]) {
    assert.equal(await answerTo(everyone, "GET", path), 404, path);
  }
  for (const page of Object.values<Page>(PAGES)) {
    for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH"]) {
      if (page.methods.some((one) => one === method)) continue;
      assert.equal(await answerTo(everyone, method, pathOf(page, VALUES)), 404, page.path);
    }
  }
});

test.inside("findPage: HEAD is answered as GET, and a fixed segment wins over a parameter", () => {
  const found = findPage("HEAD", "/register/sent");
  assert.equal(found.kind === "page" && found.page, PAGES.registerSent);
  const other = findPage("GET", "/services/new");
  assert.equal(other.kind === "page" && other.page, PAGES.newService);
});
