/** Generators of the registries' routes: messages, templates, settings and the inbox. */
import type { Choices } from "./choices.ts";
import { pickId, type RouteGenerator } from "./generator.ts";
import { withJson } from "./request.ts";
import { RECIPIENT, type Target } from "./target.ts";

function route(
  method: string,
  path: string,
  role: "citizen" | "official",
  toTarget: (choices: Choices, target: Target) => string,
  toBody: (choices: Choices, target: Target) => unknown = () => undefined,
): RouteGenerator {
  return {
    method,
    path,
    ...(path === "/api/notifications/templates/:target"
      ? { creates: "registryTemplate" as const }
      : {}),
    async make(choices, target) {
      const token = await target.accessToken(role);
      const headers = [
        ["X-Access-Token", token],
        ...(choices.chance(0.2)
          ? [["Accept-Language", choices.pick(["uk", "en-GB,en;q=0.5", "*"])]] as const
          : []),
      ] as const;
      return withJson(method, toTarget(choices, target), headers, toBody(choices, target));
    },
  };
}

const TEMPLATES = [
  "<p>Dear ${name}</p>",
  "[#if a??]<b>${a}</b>[#else]none[/#if]",
  "[#list items![] as item]${item}[/#list]",
  "Hello ((name))",
  "{name}",
];

function template(choices: Choices) {
  return {
    title: choices.pick(["News", null]),
    content: choices.pick(TEMPLATES),
    attributes: choices.chance(0.3) ? [{ name: "shortText", value: "short" }] : null,
  };
}

function userNotification(choices: Choices) {
  const channels = [
    { channel: "inbox" },
    { channel: "email", email: "olena@example.com" },
    { channel: "sms", phone: "+380501234567" },
    { channel: "diia", rnokpp: "3184710691" },
  ];
  return {
    notification: {
      templateName: "fuzz",
      ...(choices.chance(0.3) ? { title: "A title", language: "uk" } : {}),
      ignoreChannelPreferences: choices.chance(0.5),
      followUps: choices.chance(0.3) ? [{ channel: "email", afterMinutes: 1440 }] : null,
    },
    recipients: Array.from({ length: choices.pick([1, 1, 2, 50]) }, (_, at) => ({
      id: at === 0 ? RECIPIENT : `citizen-${at + 1}`,
      parameters: { name: choices.pick(["Олена", 17]), date: "1 May" },
      channels: choices.chance(0.5) ? channels : [choices.pick(channels)],
    })),
  };
}

const INBOX = "/api/notifications/inbox";

const INBOX_ROUTES: readonly RouteGenerator[] = [
  route(
    "GET",
    INBOX,
    "citizen",
    (choices) => choices.pick([INBOX, `${INBOX}?limit=100&offset=3`, `${INBOX}?unread=true`]),
  ),
  route("GET", `${INBOX}/count`, "citizen", () => `${INBOX}/count`),
  route("GET", `${INBOX}/stream`, "citizen", () => `${INBOX}/stream`),
  route("POST", `${INBOX}/ack-all`, "citizen", () => `${INBOX}/ack-all`),
  route(
    "POST",
    `${INBOX}/:id/ack`,
    "citizen",
    (choices, target) => `${INBOX}/${pickId(target, "inboxMessage", choices)}/ack`,
  ),
];

const channelOf = (choices: Choices) => choices.pick(["email", "diia", "sms", "inbox"]);
const addressOf = (choices: Choices) =>
  choices.pick(["olena@example.com", "3184710691", "+380501234567"]);

function channelRoute(name: string, toBody: (choices: Choices) => unknown): RouteGenerator {
  const generator = route(
    "POST",
    `/api/settings/me/channels/:channel/${name}`,
    "citizen",
    (choices) => `/api/settings/me/channels/${channelOf(choices)}/${name}`,
    toBody,
  );
  // The code is in a message that the run does not read.
  return name === "activate" ? { ...generator, isRefused: true } : generator;
}

const SETTINGS_ROUTES: readonly RouteGenerator[] = [
  route("GET", "/api/settings/me", "citizen", () => "/api/settings/me"),
  route("GET", "/api/settings/:user_id", "official", () => `/api/settings/${RECIPIENT}`),
  channelRoute("validate", (choices) => ({ address: addressOf(choices) })),
  channelRoute("verify", (choices) => ({ address: addressOf(choices) })),
  channelRoute("activate", (choices) => ({
    address: addressOf(choices),
    verificationCode: String(choices.whole(100_000, 999_999)),
  })),
  channelRoute("deactivate", (choices) => ({
    deactivationReason: "not needed",
    ...(choices.chance(0.5) ? { address: addressOf(choices) } : {}),
  })),
];

const SENDING_ROUTES: readonly RouteGenerator[] = [
  route(
    "POST",
    "/api/notifications",
    "official",
    () => "/api/notifications",
    userNotification,
  ),
  route(
    "PUT",
    "/api/notifications/templates/:target",
    "official",
    (choices) =>
      `/api/notifications/templates/${choices.pick(["inbox", "email", "sms"])}:t${
        choices.whole(1, 50)
      }`,
    template,
  ),
  route(
    "GET",
    "/api/notifications/events",
    "official",
    (choices) => `/api/notifications/events${choices.pick(["", "?after=0", "?wait=1"])}`,
  ),
  route("GET", "/api/notifications/templates", "official", () => "/api/notifications/templates"),
  route("GET", "/api/notifications/templates/", "official", () => "/api/notifications/templates/"),
  route(
    "DELETE",
    "/api/notifications/templates/:id",
    "official",
    (choices, target) =>
      `/api/notifications/templates/${pickId(target, "registryTemplate", choices)}`,
  ),
];

/** The generators of the registries' routes. */
export const REGISTRY_ROUTES: readonly RouteGenerator[] = [
  ...INBOX_ROUTES,
  ...SETTINGS_ROUTES,
  ...SENDING_ROUTES,
];
