import { startDiia } from "../../../tests/support/stand_ins/diia.ts";
import type { AcceptedMessage, TwinProvider, TwinProviderOptions } from "../provider.ts";
import { takeNew } from "./take_new.ts";

const PARTNER_TOKEN = "partner-token-of-the-twin";

/** Starts the twin's Diia. Hark asks it what became of messages: it sends no receipts. */
export async function startDiiaTwin({ port, now }: TwinProviderOptions): Promise<TwinProvider> {
  const server = await startDiia({ partnerToken: PARTNER_TOKEN, port, now });
  server.proceed("in-progress");
  /** The people of messages: the stand-in has one status for each person. */
  const people = new Map<string, string>();
  const takeDistributions = takeNew(server.distributions, (distribution) => distribution);
  return {
    name: "diia",
    environment: { DIIA_PARTNER_TOKEN: PARTNER_TOKEN, DIIA_BASE_URL: server.url },
    statuses: ["sent", "read", "not-found", "notification-generation-error", "error", "send-error"],
    success: "sent",
    hasCodes: false,
    receipts: "asked",
    next: server.next,
    always: server.always,
    beforeAnswer: server.beforeAnswer,
    errorBody: (status, code) => ({
      name: "Error",
      message: "The twin's script says so",
      code: status,
      data: { code },
    }),
    calls: () => server.calls.length,
    takeAccepted: () =>
      takeDistributions().flatMap(({ distributionId, recipients }) =>
        recipients.map(({ id, rnokpp, parameters }): AcceptedMessage => {
          const messageId = `${distributionId}/${id}`;
          people.set(messageId, rnokpp);
          server.decide(rnokpp, "pending");
          const text = parameters.map(({ key, value }) => `${key}: ${value}`).join("\n");
          return { id: messageId, to: rnokpp, from: "diia", text };
        })
      ),
    settle: (id, { status }) => server.decide(people.get(id) ?? "", status),
    report: () => Promise.resolve([]),
    close: server.close,
  };
}
