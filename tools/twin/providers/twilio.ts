import { startTwilio } from "../../../tests/support/stand_ins/twilio.ts";
import type { TwinProvider, TwinProviderOptions } from "../provider.ts";
import { takeNew } from "./take_new.ts";

const ACCOUNT_SID = "AC00000000000000000000000000000007";
const AUTH_TOKEN = "auth-token-of-the-twin";
const NUMBER = "+15005550006";

/** Starts the twin's Twilio. */
export async function startTwilioTwin(
  { port, hark, now }: TwinProviderOptions,
): Promise<TwinProvider> {
  const server = await startTwilio({ accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, port, now });
  return {
    name: "twilio",
    environment: {
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_FROM: NUMBER,
      TWILIO_BASE_URL: server.url,
    },
    statuses: ["queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled"],
    success: "delivered",
    hasCodes: true,
    receipts: "called",
    next: server.next,
    always: server.always,
    beforeAnswer: server.beforeAnswer,
    errorBody: (status, code) => ({
      code,
      message: "The twin's script says so",
      more_info: `https://www.twilio.com/docs/errors/${code}`,
      status,
    }),
    calls: () => server.calls.length,
    takeAccepted: takeNew(
      server.accepted,
      ({ sid, to, from, body }) => ({ id: sid, to, from, text: body }),
    ),
    settle: (id, { status, code }) => server.settle(id, status, code),
    report: (id, { status, code }, delivery) =>
      server.report(id, status, {
        ...delivery,
        ...(code === undefined ? {} : { errorCode: code }),
      }),
    recognisesOptOuts: true,
    receive: ({ from, to, text, optOut }, delivery) =>
      server.receive(
        `${hark}/inbound/twilio`,
        { from, to, body: text, optOutType: optOut },
        delivery,
      ),
    close: server.close,
  };
}
