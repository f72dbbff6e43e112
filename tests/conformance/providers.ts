/** Strict stand-ins for the two providers that a served process is connected to. */

import { SANDBOX_ENVIRONMENT } from "../support/process.ts";
import { type PostmarkStandIn, startPostmark } from "../support/stand_ins/postmark.ts";
import { startTwilio, type TwilioStandIn } from "../support/stand_ins/twilio.ts";

const TOKEN = "postmark-server-token";
const WEBHOOK = { user: "postmark", password: "webhook-password" } as const;
const ACCOUNT = { accountSid: "AC0123456789abcdef0123456789abcdef", authToken: "twilio-token" };

/** Both stand-ins, and the environment that connects a process to them. */
export interface Providers extends AsyncDisposable {
  readonly postmark: PostmarkStandIn;
  readonly twilio: TwilioStandIn;
  readonly environment: Readonly<Record<string, string>>;
  /** Sets the origin that reports are posted to. */
  reportTo(origin: string): void;
}

/**
 * Starts both stand-ins. The public address is not that of the process, as behind a proxy.
 *
 * @param now the stand-ins' clock, in epoch milliseconds; this machine's by default
 */
export async function startProviders(now: () => number = Date.now): Promise<Providers> {
  const postmark = await startPostmark({
    now,
    token: TOKEN,
    webhookUser: WEBHOOK.user,
    webhookPassword: WEBHOOK.password,
  });
  const twilio = await startTwilio({ ...ACCOUNT, now });
  return {
    postmark,
    twilio,
    environment: {
      ...SANDBOX_ENVIRONMENT,
      PUBLIC_URL: "https://hark.example.org",
      EMAIL_PROVIDER: "postmark",
      POSTMARK_BASE_URL: postmark.url,
      POSTMARK_SERVER_TOKEN: TOKEN,
      POSTMARK_WEBHOOK_USER: WEBHOOK.user,
      POSTMARK_WEBHOOK_PASSWORD: WEBHOOK.password,
      SMS_PROVIDER: "twilio",
      TWILIO_BASE_URL: twilio.url,
      TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
      TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
      TWILIO_FROM: "+15005550006",
    },
    reportTo(origin) {
      postmark.reportTo(`${origin}/receipts/postmark`);
      twilio.reportTo(origin);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([postmark.close(), twilio.close()]);
    },
  };
}
