import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../../support/application.ts";
import { startPostmark } from "../../../support/stand_ins/postmark.ts";
import { startTwilio } from "../../../support/stand_ins/twilio.ts";
import {
  assertError,
  bodyOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  NO_ID,
  SMS,
  textTo,
} from "../../support.ts";

const ACCOUNT = `AC${"0".repeat(32)}`;

async function addSender(hark: TestApplication, serviceId: string, path: string, body: unknown) {
  const address = `/manage/services/${serviceId}/${path}`;
  return (await bodyOf(await hark.manage("POST", address, body), 201)).id;
}

Deno.test("email_reply_to_id: sets the reply-to address; otherwise the default, if there is one", async () => {
  const token = "token";
  const postmark = await startPostmark({ token, webhookUser: "u", webhookPassword: "p" });
  await using stopping = new AsyncDisposableStack();
  stopping.defer(postmark.close);
  await using hark = await startTestApplication({
    environment: {
      EMAIL_PROVIDER: "postmark",
      POSTMARK_SERVER_TOKEN: token,
      POSTMARK_BASE_URL: postmark.url,
      POSTMARK_WEBHOOK_USER: "postmark",
      POSTMARK_WEBHOOK_PASSWORD: "webhook-password",
    },
  });
  const service = await newServiceWithTemplates(hark);
  const send = async (fields = {}) => {
    await bodyOf(await hark.as(service.keys.live, "POST", EMAIL, emailTo(service, fields)), 201);
    await hark.settle();
    return postmark.accepted.at(-1)?.ReplyTo;
  };
  assert.equal(await send(), undefined);
  const replyTo = await addSender(hark, service.id, "email_reply_to", {
    email_address: "Info@Example.org",
  });
  assert.equal(
    await send(),
    undefined,
    "a sender that is not the default is used only when requested",
  );
  assert.equal(await send({ email_reply_to_id: replyTo }), "info@example.org");
  assert.equal(await send({ email_reply_to_id: replyTo.toUpperCase() }), "info@example.org");
  await addSender(hark, service.id, "email_reply_to", {
    email_address: "help@example.org",
    is_default: true,
  });
  assert.equal(await send(), "help@example.org");
  assert.equal(await send({ email_reply_to_id: replyTo }), "info@example.org");
});

Deno.test("sms_sender_id: sets the sender of a text message; otherwise the default, the setting or the provider's own", async () => {
  const authToken = "secret";
  const twilio = await startTwilio({ accountSid: ACCOUNT, authToken });
  await using stopping = new AsyncDisposableStack();
  stopping.defer(twilio.close);
  await using hark = await startTestApplication({
    environment: {
      SMS_PROVIDER: "twilio",
      TWILIO_ACCOUNT_SID: ACCOUNT,
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_FROM: "+447700900999",
      TWILIO_BASE_URL: twilio.url,
    },
  });
  const service = await newServiceWithTemplates(hark);
  const send = async (fields = {}) => {
    const sent = await hark.as(service.keys.live, "POST", SMS, textTo(service, fields));
    const { content } = await bodyOf(sent, 201);
    await hark.settle();
    return [content.from_number, twilio.accepted.at(-1)?.from];
  };
  assert.deepEqual(await send(), ["447700900999", "+447700900999"]);
  await hark.manage("PATCH", `/manage/services/${service.id}`, { sms_sender: "MUSEUM" });
  assert.deepEqual(await send(), ["MUSEUM", "MUSEUM"]);
  const number = await addSender(hark, service.id, "sms_senders", {
    sms_sender: "+447700900456",
    is_default: true,
  });
  const word = await addSender(hark, service.id, "sms_senders", { sms_sender: "LIBRARY" });
  assert.deepEqual(await send(), ["447700900456", "+447700900456"]);
  assert.deepEqual(await send({ sms_sender_id: word }), ["LIBRARY", "LIBRARY"]);
  const address = `/manage/services/${service.id}/sms_senders/${number}`;
  assert.equal((await hark.manage("DELETE", address)).status, 204);
  assert.deepEqual(await send(), ["MUSEUM", "MUSEUM"], "a deleted default leaves the setting");
});

Deno.test("POST /v2/notifications: refuses a sender of another service or channel, and a deleted one", async () => {
  await using hark = await startTestApplication();
  const [service, stranger] = [
    await newServiceWithTemplates(hark),
    await newServiceWithTemplates(hark),
  ];
  const [replyTo, text, theirs, gone] = [
    await addSender(hark, service.id, "email_reply_to", { email_address: "a@example.org" }),
    await addSender(hark, service.id, "sms_senders", { sms_sender: "LIBRARY" }),
    await addSender(hark, stranger.id, "sms_senders", { sms_sender: "MUSEUM" }),
    await addSender(hark, service.id, "sms_senders", { sms_sender: "ARCHIVE" }),
  ];
  const use = (sms_sender_id: string) =>
    hark.as(service.keys.live, "POST", SMS, textTo(service, { sms_sender_id }));
  assert.equal((await use(gone)).status, 201);
  await hark.manage("DELETE", `/manage/services/${service.id}/sms_senders/${gone}`);
  for (const id of [replyTo, theirs, gone, NO_ID]) {
    const message = `sms_sender_id ${id} does not exist in database for service id ${service.id}`;
    await assertError(await use(id), 400, "BadRequestError", message);
  }
  for (const id of [text, NO_ID]) {
    const answer = await hark.as(
      service.keys.live,
      "POST",
      EMAIL,
      emailTo(service, { email_reply_to_id: id }),
    );
    const message =
      `email_reply_to_id ${id} does not exist in database for service id ${service.id}`;
    await assertError(answer, 400, "BadRequestError", message);
  }
  await hark.settle();
});

Deno.test("senders: a change or deletion does not affect accepted messages", async () => {
  const twilio = await startTwilio({ accountSid: ACCOUNT, authToken: "secret" });
  await using stopping = new AsyncDisposableStack();
  stopping.defer(twilio.close);
  await using hark = await startTestApplication({
    environment: {
      SMS_PROVIDER: "twilio",
      TWILIO_ACCOUNT_SID: ACCOUNT,
      TWILIO_AUTH_TOKEN: "secret",
      TWILIO_FROM: "HARK",
      TWILIO_BASE_URL: twilio.url,
    },
  });
  const pause = async (paused: boolean) =>
    await bodyOf(await hark.manage("PUT", "/manage/providers/twilio", { paused }), 200);
  await pause(true);
  const service = await newServiceWithTemplates(hark);
  const id = await addSender(hark, service.id, "sms_senders", { sms_sender: "LIBRARY" });
  const sent = await bodyOf(
    await hark.as(service.keys.live, "POST", SMS, textTo(service, { sms_sender_id: id })),
    201,
  );
  const address = `/manage/services/${service.id}/sms_senders/${id}`;
  await bodyOf(await hark.manage("PATCH", address, { sms_sender: "MUSEUM" }), 200);
  await hark.manage("DELETE", address);
  assert.equal(twilio.accepted.length, 0);
  await pause(false);
  await hark.settle();
  assert.equal(twilio.accepted.length, 1);
  assert.equal(twilio.accepted[0]?.from, "LIBRARY");
  assert.equal(sent.content.from_number, "LIBRARY");
});
