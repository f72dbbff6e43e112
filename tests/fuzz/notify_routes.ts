/** Generators of the routes of GOV.UK Notify's API, today's and that of 2016. */
import type { Choices } from "./choices.ts";
import { pickId, type RouteGenerator } from "./generator.ts";
import { type FuzzRequest, withJson } from "./request.ts";
import { RECIPIENT, type Target } from "./target.ts";

const PHONES = ["07900900123", "+44 7900 900 456", "+380501234567", "+1 415 555 2671"];
const ADDRESSES = ["ann@example.com", "Ann.O'Neil+x@mail.example.co.uk", "оля@приклад.укр"];
const NAMES = [
  "Ann",
  "Олена",
  "a".repeat(500),
  "((name))",
  "<b>&</b>",
  "* [x](http://a.b)",
  17,
  true,
  ["a", "b"],
  { nested: { deep: [1] } },
];

function personalisation(
  choices: Choices,
  channel: "email" | "other" = "other",
): Readonly<Record<string, unknown>> {
  const file = () => ({
    file: btoa("a".repeat(choices.whole(1, 2_000))),
    filename: "a.txt",
    retention_period: choices.pick(["1 week", "78 weeks", null]),
  });
  return {
    name: choices.pick(NAMES),
    date: choices.pick(NAMES),
    file: channel === "email" && choices.chance(0.2) ? file() : "no file",
    more: choices.pick(["yes", "no", ""]),
  };
}

function times(choices: Choices): Readonly<Record<string, unknown>> {
  if (choices.chance(0.8)) return {};
  const at = new Date(Date.now() + choices.whole(1, 20) * 86_400_000).toISOString();
  return choices.pick([{ scheduled_for: at }, { valid_until: at }, { urgent: true }]);
}

/** The body of a single send. */
function messageOf(
  channel: "sms" | "email" | "inbox" | "diia",
  choices: Choices,
  { seed }: Target,
): Readonly<Record<string, unknown>> {
  const to = {
    sms: { phone_number: choices.pick(PHONES), template_id: seed.smsTemplate },
    email: { email_address: choices.pick(ADDRESSES), template_id: seed.emailTemplate },
    inbox: { recipient_id: RECIPIENT, template_id: seed.inboxTemplate },
    diia: { rnokpp: "3184710691", template_id: seed.inboxTemplate },
  }[channel];
  return {
    ...to,
    personalisation: personalisation(choices, channel === "email" ? channel : "other"),
    ...(choices.chance(0.3) ? { reference: choices.pick(["a-1", "x".repeat(1_000)]) } : {}),
    ...times(choices),
  };
}

async function asService(choices: Choices, target: Target): Promise<FuzzRequest["headers"]> {
  const authorization = await target.bearer(
    choices.pick(["live", "live", "test", "test", "test", "test", "test", "team"]),
  );
  return [
    ["Authorization", authorization],
    ...(choices.chance(0.1) ? [["Idempotency-Key", `key-${choices.whole(1, 5)}`]] as const : []),
  ];
}

async function asRegistry(target: Target): Promise<FuzzRequest["headers"]> {
  return [["Authorization", await target.bearer("registry")]];
}

function route(
  method: string,
  path: string,
  toTarget: (choices: Choices, target: Target) => string,
  toBody: (choices: Choices, target: Target) => unknown = () => undefined,
  more: Pick<RouteGenerator, "creates" | "isRefused"> = {},
): RouteGenerator {
  return {
    method,
    path,
    ...more,
    async make(choices, target) {
      const headers = /(?:inbox|diia)$/.test(path)
        ? await asRegistry(target)
        : await asService(choices, target);
      return withJson(method, toTarget(choices, target), headers, toBody(choices, target));
    },
  };
}

function send(channel: "sms" | "email" | "inbox" | "diia"): RouteGenerator {
  const path = `/v2/notifications/${channel}`;
  const body = (choices: Choices, target: Target) => messageOf(channel, choices, target);
  // The process of a run is no partner of Diia.
  const isRefused = channel === "diia" ? { isRefused: true } as const : {};
  return route("POST", path, () => path, body, { creates: "notification", ...isRefused });
}

function send2016(channel: "sms" | "email"): RouteGenerator {
  const path = `/notifications/${channel}`;
  return route("POST", path, () => path, (choices, { seed }) => ({
    to: choices.pick(channel === "sms" ? PHONES : ADDRESSES),
    template: choices.pick([
      1,
      2,
      channel === "sms" ? seed.smsTemplate : seed.emailTemplate,
    ]),
    personalisation: personalisation(choices),
  }));
}

const ofNotification = (before: string, after = "") => (choices: Choices, target: Target) =>
  `${before}/${pickId(target, "notification", choices)}${after}`;

const templateId = (choices: Choices, { seed }: Target) =>
  choices.pick([seed.smsTemplate, seed.emailTemplate]);

function batch(choices: Choices, target: Target) {
  const items = Array.from({ length: choices.pick([1, 3, 50]) }, () => {
    const type = choices.pick(["sms", "email"] as const);
    return { type, ...messageOf(type, choices, target) };
  });
  return { notifications: items };
}

function bulk(choices: Choices, { seed }: Target) {
  const rows = [
    ["phone number", "name", "date", "more"],
    ...Array.from({ length: choices.pick([1, 5, 100]) }, (_, at) => [
      `07900${String(900_000 + at)}`,
      choices.pick(["Ann", "Олена", 17]),
      "1 May",
      "yes",
    ]),
  ];
  const csv = rows.map((row) => row.join(",")).join("\n");
  return {
    name: `List ${choices.whole(1, 1_000_000)}`,
    template_id: seed.smsTemplate,
    ...(choices.chance(0.5) ? { rows } : { csv }),
    ...times(choices),
  };
}

const REFUSED = { isRefused: true } as const;

/** The generators of `/v2`. */
const V2_ROUTES: readonly RouteGenerator[] = [
  send("sms"),
  send("email"),
  send("inbox"),
  send("diia"),
  route("POST", "/v2/notifications/letter", () => "/v2/notifications/letter", (_, { seed }) => ({
    template_id: seed.smsTemplate,
    personalisation: { address_line_1: "A" },
  }), REFUSED),
  route(
    "POST",
    "/v2/notifications/:type",
    () => "/v2/notifications/fax",
    () => ({ a: 1 }),
    REFUSED,
  ),
  route("POST", "/v2/notifications/batch", () => "/v2/notifications/batch", batch),
  route("POST", "/v2/notifications/bulk", () => "/v2/notifications/bulk", bulk),
  route("POST", "/v2/notifications/:id/cancel", (choices, target) => {
    const kind = target.ids.waitingNotification.length > 0 ? "waitingNotification" : "notification";
    return `/v2/notifications/${pickId(target, kind, choices)}/cancel`;
  }),
  route("GET", "/v2/notifications", (choices, target) => {
    const query = choices.pick([
      "",
      "?status=delivered&status=sending",
      "?template_type=sms&include_jobs=true",
      "?reference=a-1",
      `?older_than=${pickId(target, "notification", choices)}`,
    ]);
    return `/v2/notifications${query}`;
  }),
  route(
    "GET",
    "/v2/events",
    (choices) => `/v2/events${choices.pick(["", "?after=0", "?after=1&wait=0", "?wait=1"])}`,
  ),
  route("GET", "/v2/notifications/:id", ofNotification("/v2/notifications")),
  route(
    "GET",
    "/v2/notifications/:id/pdf",
    ofNotification("/v2/notifications", "/pdf"),
    undefined,
    REFUSED,
  ),
  route("GET", "/v2/template/:id", (...given) => `/v2/template/${templateId(...given)}`),
  route(
    "GET",
    "/v2/template/:id/version/:version{[0-9]+}",
    (...given) => `/v2/template/${templateId(...given)}/version/1`,
  ),
  route(
    "GET",
    "/v2/templates",
    (choices) => choices.pick(["/v2/templates", "/v2/templates?type=sms"]),
  ),
  route(
    "POST",
    "/v2/template/:id/preview",
    (...given) => `/v2/template/${templateId(...given)}/preview`,
    (choices) => ({ personalisation: personalisation(choices) }),
  ),
];

/** The generators of the shape of 2016. */
const ROUTES_OF_2016: readonly RouteGenerator[] = [
  send2016("sms"),
  send2016("email"),
  route(
    "GET",
    "/notifications",
    (choices) => choices.pick(["/notifications", "/notifications?page=1", "/notifications?page=2"]),
  ),
  route("GET", "/notifications/:id", ofNotification("/notifications")),
];

/** The generators of both. */
export const NOTIFY_ROUTES: readonly RouteGenerator[] = [...V2_ROUTES, ...ROUTES_OF_2016];
