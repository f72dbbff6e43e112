import assert from "node:assert/strict";
import { MAX_MESSAGE_BYTES } from "../../../routes/registry/messages.ts";
import { MAX_RECIPIENTS } from "../../../domain/registry/user_notification.ts";
import { bodyOf, countOf } from "../support.ts";
import { byChannels, messageTo, SEND, startRegistry } from "./support.ts";
import { inboxOf, listed, startWithTemplates } from "./send_support.ts";
import { test } from "../../support/runner.ts";

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

Deno.test("POST /api/notifications: refuses a dry run, which it has not, and sends nothing", async () => {
  await using hark = await startWithTemplates();
  const body = {
    notification: { templateName: "hello" },
    recipients: [{ id: "olena", parameters: { name: "O" } }],
  };
  const refused = [
    await hark.admin("POST", `${SEND}?dry_run=true`, body),
    await hark.admin("POST", `${SEND}?dry_run=1`, body),
    await hark.admin("POST", SEND, { ...body, dry_run: true }),
  ];
  const messages = await Promise.all(
    refused.map(async (answer) => [answer.status, (await answer.json()).message]),
  );
  const ofMany = [400, "dry_run is for single notifications"];
  assert.deepEqual(messages, [ofMany, [400, "dry_run must be true or false"], ofMany]);
  await hark.settle();
  assert.deepEqual(await hark.sent(), []);
  const sent = await hark.admin("POST", `${SEND}?dry_run=false`, { ...body, dry_run: false });
  await sent.body?.cancel();
  assert.equal(sent.status, 202);
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
  assert.equal((await hark.sent()).find(({ channel }) => channel === "email")?.subject, title);
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
  const subjects = new Map((await hark.sent()).map(({ to, subject }) => [to, subject]));
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
  const [mail] = (await hark.sent()).filter(({ channel }) => channel === "email");
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

test.inside("POST /api/notifications: accepts 20 MB and refuses more", async () => {
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
  const logged = JSON.stringify(await hark.log());
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
