/** A service's settings of single providers, from the API to the provider. */
import assert from "node:assert/strict";
import { startTestApplication } from "../../../support/application.ts";
import { bodyOf } from "../../support.ts";
import { startPostmark } from "../../../support/stand_ins/postmark.ts";
import { startTwilio } from "../../../support/stand_ins/twilio.ts";

const ACCOUNT = { accountSid: "AC00112233445566778899aabbccddeeff", authToken: "auth-token" };
const SERVICE_SID = "MG00112233445566778899aabbccddeeff";

Deno.test("POST /v2/notifications: sends by the service's own messaging service and message stream, and passes valid_until on", async () => {
  const twilio = await startTwilio(ACCOUNT);
  const postmark = await startPostmark({
    token: "server-token",
    webhookUser: "postmark",
    webhookPassword: "a-long-password",
  });
  try {
    await using hark = await startTestApplication({
      environment: {
        SMS_PROVIDER: "twilio",
        TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
        TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
        TWILIO_FROM: "Hark",
        TWILIO_BASE_URL: twilio.url,
        EMAIL_PROVIDER: "postmark",
        POSTMARK_SERVER_TOKEN: "server-token",
        POSTMARK_BASE_URL: postmark.url,
        POSTMARK_WEBHOOK_USER: "postmark",
        POSTMARK_WEBHOOK_PASSWORD: "a-long-password",
        PUBLIC_URL: "https://hark.test",
      },
    });
    const own = await hark.newService({
      twilio_messaging_service_sid: SERVICE_SID,
      postmark_message_stream: "broadcast",
    });
    const other = await hark.newService();
    const valid_until = new Date(Date.now() + 3_600_000).toISOString();
    for (const { id, keys } of [own, other]) {
      const sms = await hark.newTemplate(id);
      const email = await hark.newTemplate(id, {
        channel: "email",
        name: "E-mail",
        subject: "S",
        body: "Hi ((name))",
      });
      const send = async (channel: string, fields: Readonly<Record<string, string>>) =>
        await bodyOf(
          await hark.as(keys.live, "POST", `/v2/notifications/${channel}`, {
            ...fields,
            personalisation: { name: "Ann" },
          }),
          201,
        );
      await send("sms", { template_id: sms, phone_number: "07900900123", valid_until });
      await send("email", { template_id: email, email_address: "ann@example.com" });
      await hark.settle();
    }
    assert.deepEqual(twilio.accepted.map(({ from }) => from), [SERVICE_SID, "Hark"]);
    assert.deepEqual(postmark.accepted.map(({ MessageStream }) => MessageStream), [
      "broadcast",
      "outbound",
    ]);
    for (const { body } of twilio.calls) {
      const period = Number(new URLSearchParams(body).get("ValidityPeriod"));
      assert.ok(period > 3_500 && period <= 3_600, String(period));
    }
  } finally {
    await Promise.all([twilio.close(), postmark.close()]);
  }
});
