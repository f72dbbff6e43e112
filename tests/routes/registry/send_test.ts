import assert from "node:assert/strict";
import { MAX_CHANNELS } from "../../../domain/registry/user_notification.ts";
import { MAX_RECIPIENT_ID_LENGTH } from "../../../domain/access/access_tokens.ts";
import { registryKeys } from "../../support/application.ts";
import { isRefusedBefore, issueBadTokens } from "../../support/tokens.ts";
import { assertNothingSent, bodyOf, countOf } from "../support.ts";
import { byChannels, JSON_TYPE, messageTo, ROLE, SEND, startRegistry } from "./support.ts";
import { inboxOf, listed, startWithTemplates } from "./send_support.ts";

Deno.test("POST /api/notifications: 202 with a notification for each recipient and channel", async () => {
  await using hark = await startWithTemplates();
  const body = {
    notification: { templateName: "hello", ignoreChannelPreferences: true },
    recipients: [
      byChannels([{ channel: "email", email: "olena@example.com" }, { channel: "INBOX" }]),
      byChannels([{ channel: "sms", phone: "+380501234567" }], { id: null }),
    ],
  };
  const answer = await hark.send(body);
  const [inbox, email, sms] = answer.notifications;
  assert.deepEqual(answer, {
    notifications: [
      { recipient: 0, recipientId: "olena", channel: "inbox", id: inbox.id },
      { recipient: 0, recipientId: "olena", channel: "email", id: email.id },
      { recipient: 1, recipientId: null, channel: "sms", id: sms.id },
    ],
    refused: [],
  });
  await hark.settle();
  const [shown, ...others] = await inboxOf(hark, "olena");
  assert.deepEqual(others, []);
  assert.deepEqual([shown.id, shown.subject, shown.message], [
    inbox.id,
    "Title",
    "<p>Hello Олена</p>",
  ]);
  const mail = (await hark.sent()).find(({ channel }) => channel === "email");
  assert.deepEqual([mail?.to, mail?.subject], ["olena@example.com", "Title"]);
  const text = (await hark.sent()).find(({ channel }) => channel === "sms");
  assert.match(text?.text ?? "", /Hello Олена$/);
});

Deno.test("POST /api/notifications: requires SENDER_ROLE or a key of the registry service", async () => {
  await using hark = await startWithTemplates({ environment: { SENDER_ROLE: "process" } });
  const body = messageTo(["olena"], "hello");
  await bodyOf(await hark.citizen("bpms", { roles: ["process"] })("POST", SEND, body), 202);
  for (const claims of [{}, { roles: [ROLE] }, { roles: ["citizen"] }]) {
    const answer = await bodyOf(await hark.citizen("olena", claims)("POST", SEND, body), 403);
    assert.equal(answer.code, "403 FORBIDDEN");
  }
  await bodyOf(await hark.as(await hark.newKey(), "POST", SEND, body), 202);
  const other = await hark.newService();
  const foreign = await bodyOf(await hark.as(other.keys.live, "POST", SEND, body), 403);
  assert.match(foreign.message, /another service's/);
  await hark.settle();
  assert.equal(await countOf(hark, "notifications"), 2);
});

Deno.test("POST /api/notifications: 401 or 403 without a valid token or key, and nothing is read or stored", async () => {
  await using hark = await startRegistry({
    environment: { ACCESS_TOKEN_ISSUER: "https://id.example", ACCESS_TOKEN_AUDIENCE: "inbox" },
  });
  const body = JSON.stringify(messageTo(["olena"], "hello"));
  for (const { name, token } of await issueBadTokens(await registryKeys(), Date.now())) {
    const headers: HeadersInit = token === undefined ? {} : { "x-access-token": token };
    const response = await hark.request(SEND, { method: "POST", headers, body });
    if (await isRefusedBefore(response, name)) continue;
    const answer = await bodyOf(response, 401, name);
    assert.deepEqual(Object.keys(answer), ["traceId", "code", "message", "details"]);
  }
  for (
    const [authorization, status] of [["Bearer junk", 403], ["Basic x", 401], ["", 401]] as const
  ) {
    await bodyOf(
      await hark.request(SEND, { method: "POST", headers: { authorization }, body }),
      status,
      authorization,
    );
  }
  await assertNothingSent(hark);
});

Deno.test("POST /api/notifications: refuses a revoked key immediately", async () => {
  await using hark = await startWithTemplates();
  const key = await hark.newKey();
  const body = messageTo(["olena"], "hello");
  await bodyOf(await hark.as(key, "POST", SEND, body), 202);
  const keys = `/manage/services/${hark.registryServiceId}/keys`;
  const [{ id }] = (await bodyOf(await hark.manage("GET", keys), 200)).keys;
  await (await hark.manage("DELETE", `${keys}/${id}`)).body?.cancel();
  await bodyOf(await hark.as(key, "POST", SEND, body), 403);
});

Deno.test("POST /api/notifications: sends to the inbox first, then to the recipient's enabled channels", async () => {
  await using hark = await startWithTemplates();
  await hark.activate("olena", "email", "olena@example.com");
  await hark.activate("taras", "sms", "+380501234567");
  await hark.activate("taras", "email", "taras@example.com");
  const off = hark.citizen("taras", { roles: ["citizen"] });
  const path = "/api/settings/me/channels/email/deactivate";
  await bodyOf(await off("POST", path, { deactivationReason: "too many" }, JSON_TYPE), 200);
  const message = messageTo(["olena", "taras", "nobody"], "hello");
  // The person's settings override the channels that the request lists.
  Object.assign(message.recipients[0] ?? {}, {
    channels: [{ channel: "email", email: "elsewhere@example.com" }, {
      channel: "sms",
      phone: "1",
    }],
  });
  const answer = await hark.send(message);
  assert.deepEqual(
    answer.notifications.map((
      refusal: Readonly<Record<string, unknown>>,
    ) => [refusal.recipientId, refusal.channel]),
    [["olena", "inbox"], ["olena", "email"], ["taras", "inbox"], ["taras", "sms"], [
      "nobody",
      "inbox",
    ]],
  );
  assert.deepEqual(answer.refused, []);
  await hark.settle();
  const addresses = (await hark.sent()).map(({ to }) => to);
  assert.ok(!addresses.includes("elsewhere@example.com"));
  assert.equal(addresses.filter((to) => to === "taras@example.com").length, 1, "the code only");
});

Deno.test("POST /api/notifications: uses only the listed channels when preferences are ignored", async () => {
  await using hark = await startWithTemplates();
  await hark.activate("olena", "sms", "+380501234567");
  const answer = await hark.send(listed([{ channel: "email", email: "other@example.com" }]));
  assert.deepEqual(
    answer.notifications.map(({ channel }: { channel: string }) => channel),
    ["email"],
  );
  await hark.settle();
  assert.deepEqual(await inboxOf(hark, "olena"), []);
});

Deno.test("POST /api/notifications: reports refused notifications, and sends the others", async () => {
  await using hark = await startWithTemplates();
  const { refused, notifications } = await hark.send({
    notification: { templateName: "hello", ignoreChannelPreferences: true },
    recipients: [
      byChannels([{ channel: "pigeon" }, { channel: "inbox" }, { channel: "inbox" }]),
      byChannels([{ channel: "email" }, { channel: "sms", phone: "" }, { channel: "diia" }]),
      byChannels([{ channel: "inbox" }], { id: null }),
      byChannels([{ channel: "inbox" }], { id: "" }),
      byChannels([{ channel: "inbox" }], { id: "a\nb" }),
      byChannels([]),
      byChannels([], { channels: null }),
      byChannels([{ channel: "email", email: "not an address" }]),
      byChannels([{ channel: "diia", rnokpp: "3184710691" }]),
      byChannels([{ channel: "inbox" }], { parameters: {} }),
      byChannels([{ channel: "inbox" }], { parameters: null }),
      byChannels([{ channel: "inbox" }], { id: "x".repeat(MAX_RECIPIENT_ID_LENGTH) }),
    ],
  });
  const reported = refused.map((refusal: Readonly<Record<string, unknown>>) =>
    [refusal.recipient, refusal.channel, refusal.code].join(" ")
  );
  assert.deepEqual(reported.toSorted((a: string, b: string) => parseInt(a) - parseInt(b)), [
    "0 pigeon unknown-channel",
    "0 inbox channel-repeated",
    "1 email no-address",
    "1 sms no-address",
    "1 diia no-address",
    "2 inbox no-recipient-id",
    "3 inbox no-recipient-id",
    "4 inbox recipient-id-not-valid",
    "5  no-channel",
    "6  no-channel",
    "7 email email-not-valid",
    "8 diia template-not-found",
    "9 inbox missing-personalisation",
    "10 inbox missing-personalisation",
  ]);
  assert.deepEqual(
    notifications.map(({ recipient }: { recipient: number }) => recipient),
    [0, 11],
  );
  assert.ok(!JSON.stringify(refused).includes("not an address"));
});

Deno.test("POST /api/notifications: 400 with each reason when no notification is accepted", async () => {
  await using hark = await startWithTemplates();
  const answer = await bodyOf(
    await hark.admin("POST", SEND, {
      notification: { templateName: "nothing", ignoreChannelPreferences: true },
      recipients: [byChannels([{ channel: "inbox" }, { channel: "pigeon" }]), byChannels([])],
    }),
    400,
  );
  assert.equal(answer.message, "None of the notifications was accepted");
  assert.deepEqual(answer.details.errors, [
    {
      field: "recipients.0",
      message: "pigeon: The channel must be inbox, email, diia or sms",
    },
    { field: "recipients.1", message: "The recipient names no channel" },
    { field: "recipients.0", message: "inbox: Template not found" },
  ]);
  await assertNothingSent(hark);
});

Deno.test("POST /api/notifications: reports invalid fields without their values", async () => {
  await using hark = await startWithTemplates();
  const notification = { templateName: "hello" };
  const recipients = [{ id: "olena" }];
  const good = { notification, recipients };
  const cases: readonly (readonly [unknown, string | null])[] = [
    ["{", null],
    ["", null],
    [[], ""],
    [{ recipients }, "notification"],
    [{ notification: null, recipients }, "notification"],
    [{ notification: {}, recipients }, "notification.templateName"],
    [{ notification: { templateName: " a" }, recipients }, "notification.templateName"],
    [{ notification: { ...notification, title: "a\r\nBcc: x" }, recipients }, "notification.title"],
    [
      { notification: { ...notification, language: "english" }, recipients },
      "notification.language",
    ],
    [
      { notification: { ...notification, ignoreChannelPreferences: "yes" }, recipients },
      "notification.ignoreChannelPreferences",
    ],
    [{ notification }, "recipients"],
    [{ notification, recipients: [] }, "recipients"],
    [{ notification, recipients: [null] }, "recipients.0"],
    [{ notification, recipients: [{ id: 1 }] }, "recipients.0.id"],
    [{ notification, recipients: [{ id: "secret".repeat(100) }] }, "recipients.0.id"],
    [{ notification, recipients: [{ id: "a", realm: "secret" }] }, "recipients.0.realm"],
    [{ notification, recipients: [{ id: "a", parameters: [] }] }, "recipients.0.parameters"],
    [{ notification, recipients: [{ id: "a", channels: {} }] }, "recipients.0.channels"],
    [{
      notification,
      recipients: [
        byChannels(Array.from({ length: MAX_CHANNELS + 1 }, () => ({ channel: "inbox" }))),
      ],
    }, "recipients.0.channels"],
    [{ ...good, context: { system: 1 } }, "context.system"],
    ...[
      [{ channel: "inbox", afterMinutes: 1 }, ".0.channel"],
      [{ channel: "pigeon", afterMinutes: 1 }, ".0.channel"],
      [{ channel: "email", afterMinutes: 0 }, ".0.afterMinutes"],
      [{ channel: "email", afterMinutes: 43_201 }, ".0.afterMinutes"],
      [{ channel: "email", afterMinutes: 1.5 }, ".0.afterMinutes"],
    ].map(([followUp, field]) =>
      [
        { notification: { ...notification, followUps: [followUp] }, recipients },
        `notification.followUps${field}`,
      ] as const
    ),
    [{
      notification: {
        ...notification,
        followUps: [{ channel: "sms", afterMinutes: 1 }, { channel: "SMS", afterMinutes: 2 }],
      },
      recipients,
    }, "notification.followUps"],
  ];
  for (const [body, field] of cases) {
    const label = JSON.stringify(body).slice(0, 200);
    const answer = await bodyOf(await hark.admin("POST", SEND, body), 400, label);
    if (field === null) assert.equal(answer.message, "The body is not JSON");
    else assert.equal(answer.details.errors[0].field, field, label);
    assert.ok(!JSON.stringify(answer).includes("secret"), label);
  }
  await assertNothingSent(hark);
});
