/** An application with stand-ins of its providers, which send their receipts over a socket. */
import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { type PostmarkStandIn, startPostmark } from "../../support/stand_ins/postmark.ts";
import { startTwilio, type TwilioStandIn } from "../../support/stand_ins/twilio.ts";
import {
  bodyOf,
  EMAIL,
  emailTo,
  newServiceWithTemplates,
  type ServiceWithTemplates,
  SMS,
  textTo,
} from "../support.ts";

const ACCOUNT = { accountSid: "AC00112233445566778899aabbccddeeff", authToken: "auth-token" };
/** The credentials of Postmark's webhook. */
export const WEBHOOK = { webhookUser: "postmark", webhookPassword: "webhook-password" };

/** The application, a service of it, and the stand-ins. */
export interface Fixture {
  readonly hark: TestApplication;
  readonly service: ServiceWithTemplates;
  readonly postmark: PostmarkStandIn;
  readonly twilio: TwilioStandIn;
}

/** Runs a test with an application whose providers are stand-ins. */
export async function withProviders(run: (fixture: Fixture) => Promise<void>): Promise<void> {
  const postmark = await startPostmark({ token: "server-token", ...WEBHOOK });
  const twilio = await startTwilio(ACCOUNT);
  try {
    await using hark = await startTestApplication({
      environment: {
        PUBLIC_URL: "https://hark.test",
        EMAIL_PROVIDER: "postmark",
        SMS_PROVIDER: "twilio",
        POSTMARK_SERVER_TOKEN: "server-token",
        POSTMARK_BASE_URL: postmark.url,
        POSTMARK_WEBHOOK_USER: WEBHOOK.webhookUser,
        POSTMARK_WEBHOOK_PASSWORD: WEBHOOK.webhookPassword,
        TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
        TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
        TWILIO_FROM: "+447700900999",
        TWILIO_BASE_URL: twilio.url,
      },
    });
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      async (request) => {
        const { pathname, search } = new URL(request.url);
        const { method, headers } = request;
        return await hark.request(pathname + search, {
          method,
          headers,
          body: await request.text(),
        });
      },
    );
    const origin = `http://127.0.0.1:${server.addr.port}`;
    postmark.reportTo(`${origin}/receipts/postmark`);
    twilio.reportTo(origin);
    try {
      await run({ hark, service: await newServiceWithTemplates(hark), postmark, twilio });
    } finally {
      await server.shutdown();
    }
  } finally {
    await postmark.close();
    await twilio.close();
  }
}

/**
 * Sends a message and waits until its provider has it. Each e-mail has a recipient of its own: a hard bounce or a
 * complaint suppresses its recipient.
 */
export async function send({ hark, service }: Fixture, channel: "sms" | "email"): Promise<string> {
  const email_address = `ann-${crypto.randomUUID()}@example.com`;
  const [path, body] = channel === "sms"
    ? [SMS, textTo(service)] as const
    : [EMAIL, emailTo(service, { email_address })] as const;
  const { id } = await bodyOf(await hark.as(service.keys.live, "POST", path, body), 201);
  await hark.settle();
  return id;
}

/** A notification's status on /v2 and in the words of 2016. */
export async function statusesOf(
  { hark, service }: Fixture,
  id: string,
): Promise<readonly string[]> {
  const { live } = service.keys;
  const v2 = await bodyOf(await hark.as(live, "GET", `/v2/notifications/${id}`), 200);
  const old = await bodyOf(await hark.as(live, "GET", `/notifications/${id}`), 200);
  assert.equal(v2.completed_at === null, ["created", "sending"].includes(v2.status));
  return [v2.status, old.data.notification.status];
}

/** The provider's id of the e-mail that was accepted last. */
export const lastEmail = ({ postmark }: Fixture) => postmark.accepted.at(-1)?.MessageID ?? "";

/** The provider's id of the text that was accepted last. */
export const lastText = ({ twilio }: Fixture) => twilio.accepted.at(-1)?.sid ?? "";

/** Ends every wait for a receipt: as if the messages had been sent long ago. */
export async function passTime({ hark }: Fixture): Promise<void> {
  await hark.db.write([
    "UPDATE notifications SET sent_at = 1 WHERE sent_at IS NOT NULL",
    "UPDATE outbox SET due_at = 1 WHERE lease_token IS NULL",
    "UPDATE outbox_queues SET turn_at = 1 WHERE turn_at IS NOT NULL",
  ]);
  await hark.settle();
}
