import assert from "node:assert/strict";
import { MAX_MESSAGE_BYTES } from "../../../routes/registry/messages.ts";
import { MAX_CHANNELS, MAX_RECIPIENTS } from "../../../domain/registry/user_notification.ts";
import { MAX_RECIPIENT_ID_LENGTH } from "../../../domain/access/access_tokens.ts";
import { registryKeys } from "../../support/application.ts";
import { issueBadTokens } from "../../support/tokens.ts";
import { assertNothingSent, bodyOf, countOf } from "../support.ts";
import {
  byChannels,
  JSON_TYPE,
  messageTo,
  ROLE,
  SEND,
  startRegistry,
  type TestRegistry,
} from "./support.ts";

const HELLO = "<p>Hello ${name}</p>";

async function startWithTemplates(options = {}): Promise<TestRegistry> {
  const hark = await startRegistry(options);
  await hark.publish("inbox:hello", HELLO);
  await hark.publish("email:hello", HELLO);
  await hark.publish("sms:hello", "Hello ${name}");
  return hark;
}

const listed = (channels: Parameters<typeof byChannels>[0], fields = {}) => ({
  notification: { templateName: "hello", ignoreChannelPreferences: true },
  recipients: [byChannels(channels, fields)],
});

const inboxOf = async (hark: TestRegistry, id: string, headers = {}) =>
  await bodyOf(await hark.citizen(id)("GET", "/api/notifications/inbox", undefined, headers), 200);

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
  const mail = hark.mailbox.list().find(({ channel }) => channel === "email");
  assert.deepEqual([mail?.to, mail?.subject], ["olena@example.com", "Title"]);
  const text = hark.mailbox.list().find(({ channel }) => channel === "sms");
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
    const answer = await bodyOf(
      await hark.request(SEND, { method: "POST", headers, body }),
      401,
      name,
    );
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
  const addresses = hark.mailbox.list().map(({ to }) => to);
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

Deno.test("POST /api/notifications: ignores unknown fields, as the platform does", async () => {
  await using hark = await startWithTemplates();
  await hark.send({
    context: { system: "s", businessActivity: null, other: 1 },
    notification: {
      templateName: "hello",
      title: null,
      subject: "x",
      language: null,
      followUps: null,
    },
    recipients: [{ id: "olena", realm: "OFFICER", parameters: { name: "O" }, extra: true }],
    metadata: {},
  });
});

Deno.test("POST /api/notifications: shows the message's title literally instead of the template's", async () => {
  await using hark = await startWithTemplates();
  const title = "Ви ${name} ((name)) <b>";
  await hark.send({
    notification: { templateName: "hello", title, ignoreChannelPreferences: true },
    recipients: [byChannels([{ channel: "inbox" }, { channel: "email", email: "o@example.com" }])],
  });
  await hark.settle();
  assert.equal((await inboxOf(hark, "olena"))[0].subject, title);
  assert.equal(hark.mailbox.list().find(({ channel }) => channel === "email")?.subject, title);
});

Deno.test("POST /api/notifications: sends in the message's language when there is a translation, and an inbox shows the reader's", async () => {
  await using hark = await startWithTemplates();
  await hark.publish("inbox:hello-en", "<p>In English, ${name}</p>", { title: "English" });
  await hark.publish("inbox:hello-de", "<p>Auf Deutsch, ${onlyHere}</p>", { title: "Deutsch" });
  await hark.publish("email:hello-en", "In English, ${name}", { title: "English" });
  await hark.publish("inbox:hellos-en", "Not a translation", { title: "Other" });
  const send = async (id: string, language: string | undefined) =>
    await hark.send({
      notification: {
        templateName: "hello",
        ignoreChannelPreferences: true,
        ...(language === undefined ? {} : { language }),
      },
      recipients: [
        byChannels([{ channel: "inbox" }, { channel: "email", email: `${id}@example.com` }], {
          id,
        }),
      ],
    });
  await send("own", undefined);
  await send("english", "EN");
  await send("french", "fr");
  await hark.settle();
  const subjects = new Map(hark.mailbox.list().map(({ to, subject }) => [to, subject]));
  assert.equal(subjects.get("own@example.com"), "Title");
  assert.equal(subjects.get("english@example.com"), "English");
  assert.equal(subjects.get("french@example.com"), "Title");
  for (
    const [id, language, subject] of [
      ["own", "uk", "Title"],
      ["own", "en", "English"],
      ["own", "en-GB, uk;q=0.5", "English"],
      ["own", "de", "Title"],
      ["english", "fr", "English"],
      ["french", "fr", "Title"],
    ] as const
  ) {
    const [shown] = await inboxOf(hark, id, { "accept-language": language });
    assert.equal(shown.subject, subject, `${id} ${language}`);
  }
});

Deno.test("POST /api/notifications: keeps the message's language in headers and in the inbox", async () => {
  await using hark = await startWithTemplates();
  const settings = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(await hark.manage("PATCH", settings, { language: "uk" }), 200);
  await hark.publish("inbox:hello-en", "In English", { title: "English" });
  await hark.publish("email:hello-en", "In English", { title: "English" });
  const message = listed([{ channel: "inbox" }, { channel: "email", email: "o@example.com" }]);
  await hark.send({ ...message, notification: { ...message.notification, language: "en" } });
  await hark.settle();
  const [mail] = hark.mailbox.list().filter(({ channel }) => channel === "email");
  assert.equal(mail?.headers["Content-Language"], "en");
  assert.match(mail?.html ?? "", /<html[^>]* lang="en"/);
  for (
    const [acceptLanguage, subject, language] of [
      ["uk", "Title", "uk"],
      ["en", "English", "en"],
      ["fr", "English", "en"],
    ] as const
  ) {
    const headers = { "accept-language": acceptLanguage };
    const response = await hark.citizen("olena")(
      "GET",
      "/api/notifications/inbox",
      undefined,
      headers,
    );
    assert.equal(response.headers.get("content-language"), language, acceptLanguage);
    const [shown] = await bodyOf(response, 200);
    assert.equal(shown.subject, subject, acceptLanguage);
  }
});

Deno.test("POST /api/notifications: recipientRoles is an empty list by default", async () => {
  await using hark = await startRegistry();
  await hark.publish(
    "inbox:roles",
    '[#if recipientRoles?seq_contains("officer")]Officer[#else]Citizen[/#if]',
  );
  const message = messageTo(["olena", "taras"], "roles");
  const [, taras] = message.recipients;
  Object.assign(taras?.parameters ?? {}, { recipientRoles: ["officer"] });
  await hark.send(message);
  await hark.settle();
  assert.equal((await inboxOf(hark, "olena"))[0].message, "Citizen");
  assert.equal((await inboxOf(hark, "taras"))[0].message, "Officer");
});

Deno.test("POST /api/notifications: accepts parameters of any JSON type, and keeps the digits of long numbers", async () => {
  await using hark = await startRegistry();
  await hark.publish(
    "inbox:any",
    "${text} ${number} ${long} ${flag?c} ${deep.inner[1]} [#list items as i]${i};[/#list] ${a.long}",
  );
  await hark.publish("inbox:notify", "((long)) ((flag)) ((items)) ((number))");
  const parameters = `{"text":"<b>&","number":1.5,"long":12345678901234567890,"flag":true,
    "deep":{"inner":[1,"two"]},"items":["a",2],"a":{"long":9007199254740993},"__proto__":{"x":1}}`;
  for (const name of ["any", "notify"]) {
    await hark.send(
      `{"notification":{"templateName":"${name}"},
        "recipients":[{"id":"olena","parameters":${parameters}}]}`,
    );
  }
  await hark.settle();
  const messages = (await inboxOf(hark, "olena")).map(({ message }: { message: string }) =>
    message
  );
  assert.deepEqual(
    messages.toSorted(),
    [
      "12345678901234567890 True a and 2 1.5",
      "&lt;b&gt;&amp; 1.5 12345678901234567890 true two a;2; 9007199254740993",
    ].toSorted(),
  );
});

Deno.test("POST /api/notifications: removes active content from templates and values", async () => {
  await using hark = await startRegistry();
  await hark.publish(
    "inbox:bad",
    '<img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a><script>alert(1)</script>${name}',
    { title: "<script>alert(1)</script>" },
  );
  const message = messageTo(["olena"], "bad");
  Object.assign(message.recipients[0]?.parameters ?? {}, {
    name: '<svg onload=alert(1)>"\'><iframe src="javascript:alert(1)">',
  });
  await hark.send(message);
  await hark.settle();
  const [shown] = await inboxOf(hark, "olena");
  assert.doesNotMatch(shown.message, /<(?:script|svg|iframe)|<[^>]*(?:onerror|javascript:)/i);
});

Deno.test("POST /api/notifications: accepts 10,000 recipients and refuses 10,001", async () => {
  await using hark = await startWithTemplates();
  const ids = Array.from({ length: MAX_RECIPIENTS }, (_, i) => `citizen-${i}`);
  const { notifications } = await hark.send(messageTo(ids, "hello"));
  assert.equal(new Set(notifications.map(({ id }: { id: string }) => id)).size, MAX_RECIPIENTS);
  await hark.settle();
  assert.equal((await inboxOf(hark, "citizen-9999")).length, 1);
  const more = messageTo([...ids, "one"], "hello");
  const answer = await bodyOf(await hark.admin("POST", SEND, more), 400);
  assert.equal(answer.details.errors[0].field, "recipients");
  assert.equal(await countOf(hark, "notifications"), MAX_RECIPIENTS);
});

Deno.test("POST /api/notifications: accepts 20 MB and refuses more", async () => {
  await using hark = await startWithTemplates();
  const message = messageTo(["olena"], "hello");
  const whole = JSON.stringify({ ...message, padding: "" });
  const padding = "x".repeat(MAX_MESSAGE_BYTES - new TextEncoder().encode(whole).length);
  await hark.send(JSON.stringify({ ...message, padding }));
  const answer = await bodyOf(
    await hark.admin("POST", SEND, JSON.stringify({ ...message, padding: `${padding}x` })),
    413,
  );
  assert.equal(answer.message, "The message is larger than 20 MB");
});

Deno.test("POST /api/notifications: applies the daily limit of each channel, 429 when none is left", async () => {
  await using hark = await startWithTemplates();
  const settings = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(
    await hark.manage("PATCH", settings, { daily_limits: { inbox: 2, diia: 0 } }),
    200,
  );
  const answer = await hark.send(messageTo(["a", "b", "c"], "hello"));
  assert.deepEqual(
    answer.refused.map((
      refusal: Readonly<Record<string, unknown>>,
    ) => [refusal.recipient, refusal.code]),
    [[2, "daily-limit"]],
  );
  const response = await hark.admin("POST", SEND, messageTo(["d"], "hello"));
  assert.ok(Number(response.headers.get("retry-after")) > 0);
  assert.equal((await bodyOf(response, 429)).code, "429 TOO_MANY_REQUESTS");
  // The other channels have limits of their own.
  await hark.send(listed([{ channel: "email", email: "o@example.com" }]));
});

Deno.test("POST /api/notifications: counts as one request to the rate limit", async () => {
  await using hark = await startWithTemplates();
  const settings = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(await hark.manage("PATCH", settings, { rate_limit_per_minute: 1 }), 200);
  const first = await hark.send(messageTo(["a", "b", "c", "d", "e"], "hello"));
  assert.equal(first.notifications.length, 5);
  const response = await hark.admin("POST", SEND, messageTo(["f", "g"], "hello"));
  assert.ok(Number(response.headers.get("retry-after")) > 0);
  await bodyOf(response, 429);
  assert.equal(await countOf(hark, "notifications"), 5);
});

Deno.test("POST /api/notifications: 405 for other methods, and no personal data in the log", async () => {
  await using hark = await startWithTemplates();
  await bodyOf(await hark.admin("GET", SEND), 405);
  await hark.send(
    listed([{ channel: "email", email: "olena@example.com" }, { channel: "inbox" }], {
      id: "olena-petrenko",
    }),
  );
  await hark.admin("POST", SEND, listed([{ channel: "email", email: "not-an-address" }]))
    .then((response) => response.body?.cancel());
  await hark.settle();
  const logged = JSON.stringify(hark.logged);
  for (const secret of ["olena", "Олена", "not-an-address", "Hello"]) {
    assert.ok(!logged.includes(secret), secret);
  }
  assert.ok(logged.includes(hark.registryServiceId));
});

Deno.test("POST /api/notifications: 403 for tokens and keys of an archived service", async () => {
  await using hark = await startWithTemplates();
  const key = await hark.newKey();
  const settings = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(await hark.manage("PATCH", settings, { active: false }), 200);
  const body = messageTo(["olena"], "hello");
  const answer = await bodyOf(await hark.admin("POST", SEND, body), 403);
  assert.deepEqual(answer.details.errors, [
    { field: "recipients.0", message: "inbox: Invalid token: service is archived" },
  ]);
  await bodyOf(await hark.as(key, "POST", SEND, body), 403);
  await hark.settle();
  assert.equal(await countOf(hark, "notifications"), 0);
  await bodyOf(await hark.manage("PATCH", settings, { active: true }), 200);
  await hark.send(body);
});

Deno.test("POST /api/notifications: 429 when no item is accepted now but one may be later", async () => {
  await using hark = await startWithTemplates();
  const settings = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(await hark.manage("PATCH", settings, { daily_limits: { inbox: 0 } }), 200);
  const channels = [{ channel: "sms", phone: "none" }, { channel: "inbox" }];
  for (const order of [channels, channels.toReversed()]) {
    const response = await hark.admin("POST", SEND, {
      notification: { templateName: "hello", ignoreChannelPreferences: true },
      recipients: order.map((channel) => byChannels([channel])),
    });
    assert.ok(Number(response.headers.get("retry-after")) > 0);
    await bodyOf(response, 429);
  }
});
