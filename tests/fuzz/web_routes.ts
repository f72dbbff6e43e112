/**
 * Generators of the pages of the web application. The person of the seed data sends the forms, and the operator those of
 * operators.
 */
import { type Page, PAGES, pathOf } from "../../routes/web/pages.ts";
import type { Choices } from "./choices.ts";
import { pickId, type RouteGenerator } from "./generator.ts";
import type { FuzzRequest } from "./request.ts";
import type { Target } from "./target.ts";

const ENCODER = new TextEncoder();

type PageName = keyof typeof PAGES;

/** Pages that are always refused: a run has no token of a link, no demo user and no code of a text. */
const REFUSED: ReadonlySet<string> = new Set<PageName>([
  "registerLink",
  "operatorLink",
  "invitation",
  "newPassword",
  "accountEmailLink",
  "signInDemo",
  "replyTo",
]);

/** Forms that would end the session, or the person's rights: they are sent without the session's token. */
const ENDING: ReadonlySet<string> = new Set<PageName>([
  "signOut",
  "deactivate",
  "accountSessions",
  "accountPassword",
  "accountApp",
  "member",
]);

/** Forms whose valid requests are refused in a run: what they need comes by text or e-mail. */
const UNANSWERED: ReadonlySet<string> = new Set<PageName>([
  "signIn",
  "signInCode",
  "signInNewCode",
  "signInNumber",
  "signInApp",
  "accountMobile",
  "confirm",
  "changeInvitation",
  "revokeKey",
  "sendOne",
  "sendOneMail",
  // The form names no template of the service.
  "chosenTemplates",
]);

/** Values of the fields of forms. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  name: ["Ann", "Vehicle tax", "x".repeat(256), "<b>", "مرحبا"],
  email_address: ["bob@dept.gov.example", "not an address", "a@b"],
  password: ["violet kettle under snow", "short", "x".repeat(1_025)],
  mobile_number: ["07900 900123", "+380671234567", "none"],
  email_addresses: ["a@dept.gov.example\r\nb@dept.gov.example", "x"],
  phone_numbers: ["07900 900123", ""],
  purpose: ["Reminders to drivers", "x".repeat(501)],
  channels: ["sms", "email", "pigeon"],
  subject: ["About ((item))", "x".repeat(2_001)],
  body: ["Dear ((name))", "((a??b))((", "[#if a]${", "x".repeat(50_000)],
  channel: ["sms", "email", "letter"],
  syntax: ["notify", "html", "freemarker", "x"],
  do: ["save", "preview", "archive"],
  "value:name": ["Ann", "yes", "((name))"],
  roles: ["view", "manage", "king"],
  kind: ["live", "team", "test", "gold"],
  reach: ["all", "service", "galaxy"],
  rights: ["read", "write", "x"],
  last_day: ["2099-12-31", "soon"],
  code: ["123456", "12", "٣٤٥"],
  to: ["07900 900123", "ann@dept.gov.example", "nobody"],
  value_0: ["Ann", "x".repeat(10_000), "((name))"],
  when: ["now", "later", "never"],
  date: ["2027-03-28", "2027-02-30", "x"],
  time: ["01:30", "24:00"],
  reference: ["case 17", "x".repeat(1_001)],
  way: ["text", "totp", "recovery-code", "x"],
  step: ["code", "start", "check", "edit", "send"],
  action: ["again", "withdraw", "save"],
  language: ["en", "uk", "xx"],
  theme: ["dark", "light", "system"],
  return_to: ["/services", "//evil.example", "/account"],
};

function fieldsOf(choices: Choices): URLSearchParams {
  const fields = new URLSearchParams({ id: crypto.randomUUID() });
  for (const [name, values] of Object.entries(FIELDS)) {
    if (choices.chance(0.8)) fields.append(name, choices.pick(values));
  }
  return fields;
}

function generatorOf(name: string, page: Page, method: Page["methods"][number]): RouteGenerator {
  const isRefused = REFUSED.has(name) ||
    (method === "POST" && (ENDING.has(name) || UNANSWERED.has(name)));
  return {
    method,
    path: page.path,
    ...(isRefused || ["revokeKey", "member", "sendOne", "sendOneMail"].includes(name)
      ? { isRefused: true }
      : {}),
    make: (choices, target) => requestOf(name, page, method, choices, target),
  };
}

/** Ids of nothing. */
const UNKNOWN_IDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values<Page>(PAGES).flatMap(({ path }) => path.match(/:[a-z_]+/g) ?? [])
    .map((name) => [name.slice(1), crypto.randomUUID()]),
);

function requestOf(
  name: string,
  page: Page,
  method: Page["methods"][number],
  choices: Choices,
  target: Target,
): FuzzRequest {
  const { web } = target.seed;
  const path = pathOf(page, {
    service_id: web.serviceId,
    key_id: pickId(target, "key", choices),
    ...choices.chance(0.8) ? web.ids : UNKNOWN_IDS,
    user_id: crypto.randomUUID(),
    invitation_id: crypto.randomUUID(),
    version: choices.pick(["1", "x"]),
    token: choices.pick(["unknown", "x".repeat(43), "%00", "a%2Fb"]),
  });
  // An operator sees the services of others too.
  const isOperator = page.needs === "operator" ||
    (path.startsWith("/services/") && choices.chance(0.2));
  const { sessionToken, formToken } = isOperator ? web.operator : web;
  const cookie = ["Cookie", `hark=${sessionToken}`] as const;
  if (method === "GET") {
    return { method, target: path, headers: [cookie], body: new Uint8Array(), delivery: "whole" };
  }
  const fields = fieldsOf(choices);
  if (!ENDING.has(name)) fields.set("csrf_token", formToken);
  const headers = [
    cookie,
    ["Sec-Fetch-Site", "same-origin"],
    ["Content-Type", "application/x-www-form-urlencoded"],
  ] as const;
  const body = ENCODER.encode(fields.toString());
  return { method, target: path, headers, body, delivery: "whole" };
}

/** The generators of all pages. */
export const WEB_ROUTES: readonly RouteGenerator[] = Object.entries<Page>(PAGES)
  .flatMap(([name, page]) => page.methods.map((method) => generatorOf(name, page, method)));
