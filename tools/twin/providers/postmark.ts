import { startPostmark } from "../../../tests/support/stand_ins/postmark.ts";
import type { TwinProvider, TwinProviderOptions } from "../provider.ts";
import { takeNew } from "./take_new.ts";

const TOKEN = "server-token-of-the-twin";
const WEBHOOK_USER = "postmark";
const WEBHOOK_PASSWORD = "webhook-password-of-the-twin";

/** The types of bounces that a script can name. Source: https://postmarkapp.com/developer/api/bounce-api#bounce-types */
const BOUNCES = [
  ...["HardBounce", "Transient", "SoftBounce", "DnsError", "BadEmailAddress", "Blocked"],
  ...["SpamNotification", "ManuallyDeactivated", "DMARCPolicy", "AutoResponder"],
];

/** Starts the twin's Postmark. */
export async function startPostmarkTwin(
  { port, hark, now }: TwinProviderOptions,
): Promise<TwinProvider> {
  const server = await startPostmark({
    token: TOKEN,
    webhookUrl: `${hark}/receipts/postmark`,
    webhookUser: WEBHOOK_USER,
    webhookPassword: WEBHOOK_PASSWORD,
    port,
    now,
  });
  function settle(id: string, status: string): void {
    if (status === "Delivered") server.settle(id, "Delivered");
    else if (BOUNCES.includes(status)) server.settle(id, { bounce: status });
  }

  return {
    name: "postmark",
    environment: {
      POSTMARK_SERVER_TOKEN: TOKEN,
      POSTMARK_WEBHOOK_USER: WEBHOOK_USER,
      POSTMARK_WEBHOOK_PASSWORD: WEBHOOK_PASSWORD,
      POSTMARK_BASE_URL: server.url,
    },
    statuses: ["Delivered", "SpamComplaint", "SubscriptionChange", ...BOUNCES],
    success: "Delivered",
    hasCodes: false,
    receipts: "called",
    next: server.next,
    always: server.always,
    beforeAnswer: server.beforeAnswer,
    errorBody: (_status, code) => ({ ErrorCode: code, Message: "The twin's script says so" }),
    calls: () => server.calls.length,
    takeAccepted: takeNew(server.accepted, ({ MessageID, To, From, Subject, TextBody }) => ({
      id: MessageID,
      to: To,
      from: From,
      text: TextBody === undefined ? Subject : `${Subject}\n\n${TextBody}`,
    })),
    settle: (id, { status }) => settle(id, status),
    async report(id, { status }, delivery) {
      settle(id, status);
      switch (status) {
        case "Delivered":
          return await server.deliver(id, delivery);
        case "SpamComplaint":
          return await server.complaint(id, delivery);
        case "SubscriptionChange":
          return await server.unsubscribe(id, delivery);
        default:
          return await server.bounce(id, { ...delivery, type: status });
      }
    },
    close: server.close,
  };
}
