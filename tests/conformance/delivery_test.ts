/** From the API through a provider and back: delivery, receipts, and failures of providers. */

import assert from "node:assert/strict";
import { makeFolder, migrateFolder, serve, waitFor } from "../support/process.ts";
import {
  type Behaviour,
  type Call,
  cutAnswer,
  dropAnswer,
  nonsense,
  reportFirst,
  reset,
  slow,
  status,
} from "../support/stand_ins/scripted_server.ts";
import { type Providers, startProviders } from "./providers.ts";
import {
  callAs,
  newService,
  newTemplate,
  type Reach,
  reachAt,
  type ShownEvent,
  timelineOf,
  waitForStatus,
} from "./services.ts";
import { step } from "./step.ts";

type Channel = "sms" | "email";

/** The record of an attempt that meets a scripted behaviour. */
interface Recorded {
  readonly outcome: "accepted" | "rejected" | "not-sent" | "unknown";
  readonly code?: string;
  /** The status that the notification ends in. */
  readonly ends?: string;
  /** The provider's `Retry-After`. */
  readonly retryAfterMs?: number;
}

interface Fault extends Recorded {
  readonly behaviour: Behaviour;
}

const ACCEPTED: Recorded = { outcome: "accepted" };

/** Failures that are the same with every provider. */
const COMMON_FAULTS: readonly Fault[] = [
  { behaviour: status(500), outcome: "unknown", code: "http-500" },
  { behaviour: status(502, "<html>Bad gateway</html>"), outcome: "unknown", code: "http-502" },
  { behaviour: nonsense(), outcome: "unknown", code: "bad-answer" },
  { behaviour: nonsense({ hello: "world" }), outcome: "unknown", code: "bad-answer" },
  { behaviour: nonsense(""), outcome: "unknown", code: "bad-answer" },
  { behaviour: reset(), outcome: "unknown", code: "network" },
  { behaviour: dropAnswer(), outcome: "unknown", code: "network" },
  { behaviour: cutAnswer(), outcome: "unknown", code: "network" },
  { behaviour: slow(1_000), ...ACCEPTED },
];

const FAULTS: Readonly<Record<Channel, readonly Fault[]>> = {
  email: [
    ...COMMON_FAULTS,
    // Faults of one e-mail first: those after them hold the provider back, and what was held goes in one call.
    {
      behaviour: status(422, { ErrorCode: 300, Message: "Invalid 'To' address: 'ann'." }),
      outcome: "rejected",
      code: "300",
      ends: "permanent-failure",
    },
    {
      behaviour: status(422, { ErrorCode: 403, Message: "Incompatible JSON" }),
      outcome: "rejected",
      code: "403",
      ends: "technical-failure",
    },
    {
      behaviour: status(401, { ErrorCode: 10, Message: "Bad token" }),
      outcome: "not-sent",
      code: "10",
    },
    {
      behaviour: status(429, "", { "Retry-After": "2" }),
      outcome: "not-sent",
      code: "http-429",
      retryAfterMs: 2_000,
    },
    {
      behaviour: status(503, { ErrorCode: 100, Message: "Maintenance" }),
      outcome: "not-sent",
      code: "100",
    },
    {
      behaviour: status(422, { ErrorCode: 405, Message: "Not allowed to send" }),
      outcome: "not-sent",
      code: "405",
    },
  ],
  sms: [
    ...COMMON_FAULTS,
    { behaviour: status(401, { code: 20003, status: 401 }), outcome: "not-sent", code: "20003" },
    { behaviour: status(503, { code: 20503, status: 503 }), outcome: "not-sent", code: "20503" },
    {
      behaviour: status(429, { code: 20429, status: 429 }, { "Retry-After": "2" }),
      outcome: "not-sent",
      code: "20429",
      retryAfterMs: 2_000,
    },
    {
      behaviour: status(400, { code: 21211, status: 400 }),
      outcome: "rejected",
      code: "21211",
      ends: "permanent-failure",
    },
    { behaviour: status(422), outcome: "rejected", code: "http-422", ends: "technical-failure" },
  ],
};

const PROVIDER = { email: "postmark", sms: "twilio" } as const;

/** How long it takes until a provider is asked about an attempt of unknown outcome, at least, in milliseconds. */
const GRACE_MS = { email: 120_000, sms: 30_000 } as const;

/** A service of a process that is connected to the stand-ins. */
interface Scene {
  readonly reach: Reach;
  readonly providers: Providers;
  readonly serviceId: string;
  readonly key: string;
  readonly templates: Readonly<Record<Channel, string>>;
}

/** A new address each time: one that bounced is suppressed. */
let addresses = 0;
const newAddress = () => `ann.${++addresses}@example.com`;

async function send(
  { reach, key, templates }: Scene,
  channel: Channel,
  email_address: string = newAddress(),
): Promise<string> {
  const { status, body } = await callAs(reach, key, "POST", `/v2/notifications/${channel}`, {
    template_id: templates[channel],
    personalisation: { name: "Ann" },
    ...(channel === "sms" ? { phone_number: "07900 900123" } : { email_address }),
  });
  assert.equal(status, 201);
  return body.id;
}

/** The notifications of a call to a stand-in: retries of e-mails may share a call. */
function notificationsOf(channel: Channel, { body }: Call): readonly string[] {
  if (channel === "email") {
    return [JSON.parse(body)].flat().map(({ Metadata }) => Metadata.notification_id);
  }
  const callback = new URL(new URLSearchParams(body).get("StatusCallback") ?? "");
  return [callback.searchParams.get("notification_id") ?? ""];
}

/** The provider's ids of the messages that the stand-in accepted for a notification, in order. */
function takenFor({ postmark, twilio }: Providers, channel: Channel, id: string) {
  return channel === "email"
    ? postmark.accepted.filter(({ Metadata }) => Metadata?.["notification_id"] === id)
      .map(({ MessageID }) => MessageID)
    : twilio.accepted.filter(({ statusCallback }) => statusCallback?.includes(id))
      .map(({ sid }) => sid);
}

async function takenOnce(scene: Scene, channel: Channel, id: string): Promise<string> {
  return await waitFor(`${id} to be taken`, () => takenFor(scene.providers, channel, id)[0]);
}

/** Sends one, and waits until the provider has accepted it and Hark has recorded it. */
async function sendThrough(
  scene: Scene,
  channel: Channel,
): Promise<{ readonly id: string; readonly messageId: string }> {
  const id = await send(scene, channel);
  await waitForStatus(scene.reach, scene.key, id, "sending");
  return { id, messageId: await takenOnce(scene, channel, id) };
}

/** The status in the v2 API and in the 2016 API. */
async function statuses({ reach, key }: Scene, id: string): Promise<readonly string[]> {
  const v2 = await callAs(reach, key, "GET", `/v2/notifications/${id}`);
  const of2016 = await callAs(reach, key, "GET", `/notifications/${id}`);
  return [v2.body.status, of2016.body.data.notification.status];
}

/** A timeline without its times. */
async function storyOf({ reach, serviceId }: Scene, id: string) {
  const events = await timelineOf(reach, serviceId, id);
  return events.map(({ at: _at, next_attempt_at: _next, ...event }) => event);
}

/** The first events of every message that its provider accepts at once. */
function eventsUntilSending(channel: Channel): readonly Omit<ShownEvent, "at">[] {
  const provider = PROVIDER[channel];
  return [
    { kind: "accepted", status: "created" },
    { kind: "attempt-started", provider, attempt: 1 },
    { kind: "attempt-ended", provider, attempt: 1, outcome: "accepted" },
    { kind: "status-changed", status: "sending" },
  ];
}

Deno.test("a served process: sends through Postmark and Twilio and reads their receipts", async (t) => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await using providers = await startProviders();
  const { postmark, twilio, environment } = providers;
  await using hark = await serve("start", { folder, environment });
  providers.reportTo(hark.url);
  const reach = reachAt(() => hark.url);
  const { id: serviceId, keys: { live: key } } = await newService(reach);
  const templates = {
    sms: await newTemplate(reach, serviceId, {
      channel: "sms",
      name: "Reminder",
      body: "Hello ((name)), it is “ready” – £5",
    }),
    email: await newTemplate(reach, serviceId, {
      channel: "email",
      name: "Received",
      subject: "Dear ((name))",
      body: "# Thank you\n\nWe received it, ((name)) – £5 & <b>more</b>",
    }),
  };
  const scene: Scene = { reach, providers, serviceId, key, templates };

  await step(t, "POST /v2/notifications/email arrives at Postmark as written", async () => {
    const { body: sent } = await callAs(reach, key, "POST", "/v2/notifications/email", {
      email_address: "ann@example.com",
      template_id: templates.email,
      personalisation: { name: "Ann" },
      one_click_unsubscribe_url: "https://example.com/unsubscribe",
    });
    await takenOnce(scene, "email", sent.id);
    const [email, ...others] = postmark.accepted;
    assert.deepEqual(others, []);
    const { MessageID, HtmlBody = "", TextBody = "", ...rest } = email ?? assert.fail();
    assert.deepEqual(rest, {
      From: '"Passport Office" <passport.office@hark.example.org>',
      To: "ann@example.com",
      Subject: "Dear Ann",
      MessageStream: "outbound",
      Metadata: { notification_id: sent.id, service_id: serviceId },
      TrackOpens: false,
      TrackLinks: "None",
      Headers: [
        { Name: "Message-ID", Value: `<${sent.id}@hark.example.org>` },
        { Name: "Content-Language", Value: "en" },
        { Name: "List-Unsubscribe", Value: "<https://example.com/unsubscribe>" },
        { Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click" },
        { Name: "X-PM-KeepID", Value: "true" },
      ],
    });
    assert.match(HtmlBody, /<h2[^>]*>\s*Thank you\s*<\/h2>/);
    assert.match(HtmlBody, /We received it, Ann – £5 &amp; &lt;b&gt;more&lt;\/b&gt;/);
    assert.match(TextBody, /We received it, Ann – £5 & <b>more<\/b>/);

    const inFlight = await waitForStatus(reach, key, sent.id, "sending");
    assert.equal(inFlight.completed_at, null);
    assert.notEqual(inFlight.sent_at, null);
    assert.deepEqual(await postmark.deliver(MessageID), [200]);
    assert.deepEqual(await statuses(scene, sent.id), ["delivered", "delivered"]);
    const ended = await waitForStatus(reach, key, sent.id, "delivered");
    assert.notEqual(ended.completed_at, null);
    assert.equal(ended.sent_at, inFlight.sent_at);
    assert.deepEqual(await storyOf(scene, sent.id), [
      ...eventsUntilSending("email"),
      { kind: "status-changed", status: "delivered", provider: "postmark" },
    ]);
  });

  await step(t, "POST /v2/notifications/sms arrives at Twilio as written", async () => {
    const { id, messageId } = await sendThrough(scene, "sms");
    assert.deepEqual(twilio.accepted, [{
      sid: messageId,
      to: "+447900900123",
      from: "+15005550006",
      body: 'Passport Office: Hello Ann, it is "ready" - £5',
      statusCallback:
        `https://hark.example.org/receipts/twilio?service_id=${serviceId}&notification_id=${id}` +
        "#rc=5&rp=all",
      segments: { encoding: "GSM-7", count: 1 },
    }]);
    for (const each of ["queued", "sent", "delivered"]) {
      assert.deepEqual(await twilio.report(messageId, each), [200]);
    }
    assert.deepEqual(await statuses(scene, id), ["delivered", "delivered"]);
    const story = await storyOf(scene, id);
    assert.deepEqual(story.slice(0, 4), eventsUntilSending("sms"));
    assert.deepEqual(story.at(-1), {
      kind: "status-changed",
      status: "delivered",
      provider: "twilio",
    });
  });

  await step(t, "POST /notifications/sms of 2016 goes the same way", async () => {
    const { status, body } = await callAs(reach, key, "POST", "/notifications/sms", {
      to: "07900 900123",
      template: 1,
      personalisation: { name: "Ben" },
    });
    assert.equal(status, 201);
    const { id } = body.data.notification;
    const messageId = await takenOnce(scene, "sms", id);
    await waitForStatus(reach, key, id, "sending");
    assert.deepEqual(await statuses(scene, id), ["sending", "sent"]);
    await twilio.report(messageId, "delivered");
    assert.deepEqual(await statuses(scene, id), ["delivered", "delivered"]);
  });

  const endings: readonly {
    readonly name: string;
    readonly channel: Channel;
    readonly report: (messageId: string) => Promise<readonly number[]>;
    readonly ends: readonly [string, string];
    readonly event: Readonly<Record<string, string>>;
  }[] = [
    {
      name: "a hard bounce reads permanent-failure",
      channel: "email",
      report: (messageId) => postmark.bounce(messageId),
      ends: ["permanent-failure", "bounce"],
      event: { kind: "status-changed", status: "permanent-failure", code: "HardBounce" },
    },
    {
      name: "a soft bounce reads temporary-failure",
      channel: "email",
      report: (messageId) => postmark.bounce(messageId, { type: "SoftBounce" }),
      ends: ["temporary-failure", "bounce"],
      event: { kind: "status-changed", status: "temporary-failure", code: "SoftBounce" },
    },
    {
      name: "an undelivered text to an unknown handset reads permanent-failure",
      channel: "sms",
      report: (messageId) => twilio.report(messageId, "undelivered", { errorCode: 30005 }),
      ends: ["permanent-failure", "failed"],
      event: { kind: "status-changed", status: "permanent-failure", code: "30005" },
    },
    {
      name: "an undelivered text to a handset that is off reads temporary-failure",
      channel: "sms",
      report: (messageId) => twilio.report(messageId, "undelivered", { errorCode: 30003 }),
      ends: ["temporary-failure", "failed"],
      event: { kind: "status-changed", status: "temporary-failure", code: "30003" },
    },
    {
      name: "a text that was filtered reads technical-failure",
      channel: "sms",
      report: (messageId) => twilio.report(messageId, "failed", { errorCode: 30007 }),
      ends: ["technical-failure", "failed"],
      event: { kind: "status-changed", status: "technical-failure", code: "30007" },
    },
  ];
  for (const { name, channel, report, ends, event } of endings) {
    await step(t, `${name} in every API`, async () => {
      const { id, messageId } = await sendThrough(scene, channel);
      assert.deepEqual(await report(messageId), [200]);
      assert.deepEqual(await statuses(scene, id), ends);
      assert.deepEqual(await storyOf(scene, id), [
        ...eventsUntilSending(channel),
        { ...event, provider: PROVIDER[channel] },
      ]);
    });
  }

  await step(t, "a complaint leaves the status and shows on the timeline and in 2016", async () => {
    const { id, messageId } = await sendThrough(scene, "email");
    await postmark.deliver(messageId);
    assert.deepEqual(await postmark.complaint(messageId), [200]);
    assert.deepEqual(await statuses(scene, id), ["delivered", "complaint"]);
    assert.deepEqual((await storyOf(scene, id)).at(-1), {
      kind: "complaint",
      provider: "postmark",
      code: "SpamComplaint",
    });
  });

  await step(t, "an unsubscription leaves the status and shows on the timeline", async () => {
    const { id, messageId } = await sendThrough(scene, "email");
    await postmark.deliver(messageId);
    assert.deepEqual(await postmark.unsubscribe(messageId), [200]);
    assert.deepEqual(await statuses(scene, id), ["delivered", "delivered"]);
    assert.deepEqual((await storyOf(scene, id)).at(-1), {
      kind: "unsubscribed",
      provider: "postmark",
      code: "ManualSuppression",
    });
  });

  await step(
    t,
    "a recipient whom the provider refuses ends as permanent-failure at once",
    async () => {
      postmark.deactivate("inactive@example.com");
      const email = await send(scene, "email", "inactive@example.com");
      await waitForStatus(reach, key, email, "permanent-failure");
      assert.deepEqual((await storyOf(scene, email)).slice(2), [
        {
          kind: "attempt-ended",
          provider: "postmark",
          attempt: 1,
          outcome: "rejected",
          code: "406",
        },
        { kind: "status-changed", status: "permanent-failure" },
      ]);
      assert.deepEqual(await statuses(scene, email), ["permanent-failure", "bounce"]);
      twilio.optOut("+447900900999");
      const { body: text } = await callAs(reach, key, "POST", "/v2/notifications/sms", {
        phone_number: "07900 900999",
        template_id: templates.sms,
        personalisation: { name: "Ann" },
      });
      await waitForStatus(reach, key, text.id, "permanent-failure");
      assert.deepEqual(await statuses(scene, text.id), ["permanent-failure", "failed"]);
    },
  );

  await step(t, "POST /receipts answers 401 to a forger, and nothing changes", async () => {
    const text = await sendThrough(scene, "sms");
    const email = await send(scene, "email");
    const messageId = await takenOnce(scene, "email", email);
    await waitForStatus(reach, key, email, "sending");
    assert.deepEqual(await twilio.report(text.messageId, "delivered", { forged: true }), [401]);
    assert.deepEqual(await postmark.deliver(messageId, { forged: true }), [401]);
    for (const path of ["/receipts/postmark", "/receipts/twilio"]) {
      const { status } = await callAs(reach, key, "POST", path, { RecordType: "Delivery" });
      assert.equal(status, 401);
    }
    assert.deepEqual(await statuses(scene, text.id), ["sending", "sent"]);
    assert.deepEqual(await statuses(scene, email), ["sending", "sent"]);
    assert.equal((await storyOf(scene, text.id)).length, 4);
  });

  await step(t, "a receipt that comes before the provider's answer counts", async () => {
    for (const channel of ["email", "sms"] as const) {
      (channel === "email" ? postmark : twilio).next(reportFirst());
      const id = await send(scene, channel);
      const story = await waitFor("the attempt to end", async () => {
        const events = await storyOf(scene, id);
        return events.some(({ kind }) => kind === "attempt-ended") && events;
      });
      const provider = PROVIDER[channel];
      assert.deepEqual(story, [
        ...eventsUntilSending(channel).slice(0, 2),
        { kind: "status-changed", status: "delivered", provider },
        { kind: "attempt-ended", provider, attempt: 1, outcome: "accepted" },
      ]);
      const shown = await waitForStatus(reach, key, id, "delivered");
      assert.notEqual(shown.sent_at, null);
      assert.notEqual(shown.completed_at, null);
      assert.deepEqual(await statuses(scene, id), ["delivered", "delivered"]);
    }
  });

  await step(t, "a receipt that comes twice counts once", async () => {
    const { id, messageId } = await sendThrough(scene, "sms");
    assert.deepEqual(await twilio.report(messageId, "delivered", { times: 3 }), [200, 200, 200]);
    assert.deepEqual(await storyOf(scene, id), [
      ...eventsUntilSending("sms"),
      { kind: "status-changed", status: "delivered", provider: "twilio" },
    ]);
  });

  await step(t, "receipts out of order never move a status back", async () => {
    const { id, messageId } = await sendThrough(scene, "sms");
    for (const each of ["delivered", "sent", "queued", "undelivered"]) {
      assert.deepEqual(await twilio.report(messageId, each), [200]);
    }
    assert.deepEqual(await statuses(scene, id), ["delivered", "delivered"]);
    const ignored = (await storyOf(scene, id)).slice(5);
    assert.deepEqual(ignored.map(({ kind, status }) => [kind, status]), [
      ["receipt-ignored", "sending"],
      ["receipt-ignored", "sending"],
      ["receipt-ignored", "temporary-failure"],
    ]);

    const email = await send(scene, "email");
    const emailMessageId = await takenOnce(scene, "email", email);
    await postmark.bounce(emailMessageId);
    await postmark.deliver(emailMessageId);
    assert.deepEqual(await statuses(scene, email), ["permanent-failure", "bounce"]);
  });

  await step(t, "a receipt for a message not known yet is kept until it is", async () => {
    postmark.next(slow(1_000));
    const id = await send(scene, "email");
    const messageId = await takenOnce(scene, "email", id);
    // Without our reference, only the provider's id identifies the message.
    const delivery = { RecordType: "Delivery", DeliveredAt: "2026-11-01T10:00:00Z", Metadata: {} };
    assert.deepEqual(await postmark.report(messageId, delivery, { times: 2 }), [200, 200]);
    assert.deepEqual(await statuses(scene, id), ["created", "sent"]);
    await waitForStatus(reach, key, id, "delivered");
    assert.deepEqual(await storyOf(scene, id), [
      ...eventsUntilSending("email"),
      { kind: "status-changed", status: "delivered", provider: "postmark" },
    ]);
    const strange = { ...delivery, MessageID: crypto.randomUUID() };
    assert.deepEqual(await postmark.report(messageId, strange), [200]);
  });

  await step(
    t,
    "whatever a provider does wrong is recorded, and what may be mended is sent",
    async () => {
      // The outcome is unknown, and the receipt comes before the retry: nothing is sent again.
      postmark.next(dropAnswer());
      const resolved = await send(scene, "email");
      const resolvedMessageId = await takenOnce(scene, "email", resolved);
      await postmark.deliver(resolvedMessageId);

      await Promise.all((["email", "sms"] as const).map(async (channel) => {
        const stand = channel === "email" ? postmark : twilio;
        const base = stand.calls.length;
        for (const { behaviour } of FAULTS[channel]) stand.next(behaviour);
        const ids: string[] = [];
        for (let i = 0; i < FAULTS[channel].length; i++) {
          ids.push(await send(scene, channel));
        }
        const metBy = (id: string): readonly Recorded[] =>
          stand.calls.flatMap((call, index) =>
            notificationsOf(channel, call).includes(id)
              ? [index < base ? ACCEPTED : FAULTS[channel][index - base] ?? ACCEPTED]
              : []
          );
        for (const id of ids) {
          const events = await waitFor(`the attempts at ${id} to end`, async () => {
            const timeline = await timelineOf(reach, serviceId, id);
            const isOver = timeline.some(({ outcome }) =>
              outcome === "accepted" || outcome === "rejected" || outcome === "unknown"
            );
            return isOver && timeline;
          }, { everyMs: 100 });
          const met = metBy(id);
          const last = met.at(-1) ?? assert.fail("it was never tried");
          const expected = [
            { kind: "accepted", status: "created" },
            ...met.flatMap(({ outcome, code }, index) => {
              const attempt = { provider: PROVIDER[channel], attempt: index + 1 };
              const isDoubtful = met.slice(0, index).some((other) => other.outcome === "unknown");
              const doubt = isDoubtful ? { possible_duplicate: true } : {};
              return [
                { kind: "attempt-started", ...attempt, ...doubt },
                { kind: "attempt-ended", ...attempt, outcome, ...(code ? { code } : {}) },
              ];
            }),
            // After an unknown outcome the provider is asked first; see tests/application/delivery.
            ...last.outcome === "unknown"
              ? []
              : [{ kind: "status-changed", status: last.ends ?? "sending" }],
          ];
          assert.deepEqual(
            events.map(({ at: _at, next_attempt_at: _next, selection: _selection, ...event }) =>
              event
            ),
            expected,
          );
          // A fault of the account pauses the provider until a message has tried it.
          for (const { kind, selection = "probe" } of events) {
            assert.equal(selection, "probe", kind);
          }
          for (const { outcome, at, next_attempt_at, attempt = 0 } of events) {
            if (outcome !== "unknown" && outcome !== "not-sent") continue;
            const waited = Date.parse(next_attempt_at ?? "") - Date.parse(at);
            const retryAfterMs = met[attempt - 1]?.retryAfterMs ?? 0;
            const least = outcome === "unknown" ? GRACE_MS[channel] : Math.max(retryAfterMs, 1_000);
            // The result is recorded a little after it was decided.
            assert(waited >= least - 100, `tried again after ${waited} ms`);
          }
          if (last.ends !== undefined) {
            assert.equal((await statuses(scene, id))[0], last.ends);
            continue;
          }
          const copies = takenFor(providers, channel, id);
          if (copies.length === 0) {
            assert.equal((await statuses(scene, id))[0], "created");
            continue;
          }
          assert.equal(copies.length, 1);
          for (const messageId of copies) {
            if (channel === "email") await postmark.deliver(messageId);
            else await twilio.report(messageId, "delivered");
          }
          assert.deepEqual(await statuses(scene, id), ["delivered", "delivered"]);
          assert.deepEqual((await storyOf(scene, id)).slice(expected.length), [
            { kind: "status-changed", status: "delivered", provider: PROVIDER[channel] },
            ...copies.slice(1).map(() => ({
              kind: "receipt-ignored",
              status: "delivered",
              provider: PROVIDER[channel],
            })),
          ]);
        }
        const met = ids.flatMap(metBy);
        for (const fault of FAULTS[channel]) assert(met.includes(fault), JSON.stringify(fault));
      }));

      // Messages that were due later have been retried, so this one would have been too.
      assert.equal(takenFor(providers, "email", resolved).length, 1);
      assert.deepEqual(await statuses(scene, resolved), ["delivered", "delivered"]);
      const attempts = (await storyOf(scene, resolved)).filter(({ kind }) =>
        kind === "attempt-started"
      );
      assert.equal(attempts.length, 1);
    },
  );

  await step(t, "nothing of a message is in the log", () => {
    assert.match(hark.stdout, /"event":"attempt"/);
    for (const personal of ["@example.com", "900123", "Ann", "Dear"]) {
      assert(!hark.stdout.includes(personal), personal);
    }
    assert.equal(hark.stderr, "");
    return Promise.resolve();
  });
});
