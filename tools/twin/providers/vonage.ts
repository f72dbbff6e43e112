import { createPublicKey } from "node:crypto";
import { startVonage, toProblem } from "../../../tests/support/stand_ins/vonage.ts";
import type { TwinProvider, TwinProviderOptions } from "../provider.ts";
import { takeNew } from "./take_new.ts";
import { APPLICATION_KEY } from "./vonage_key.ts";

const APPLICATION_ID = "00000000-0000-4000-8000-000000000007";
const SIGNATURE_SECRET = "signature-secret-of-the-twin";
const NUMBER = "447700900998";

/** Vonage writes numbers without a plus. */
function toVonageNumber(number: string): string {
  return number.replace(/^\+/, "");
}

/** Starts the twin's Vonage, which Hark cannot ask what became of a message. */
export async function startVonageTwin(
  { port, hark, now }: TwinProviderOptions,
): Promise<TwinProvider> {
  const server = await startVonage({
    applicationId: APPLICATION_ID,
    publicKey: createPublicKey(APPLICATION_KEY),
    signatureSecret: SIGNATURE_SECRET,
    reportOrigin: hark,
    port,
    now,
  });
  return {
    name: "vonage",
    environment: {
      VONAGE_APPLICATION_ID: APPLICATION_ID,
      VONAGE_PRIVATE_KEY: APPLICATION_KEY.replaceAll("\n", "\\n"),
      VONAGE_SIGNATURE_SECRET: SIGNATURE_SECRET,
      VONAGE_FROM: NUMBER,
      VONAGE_BASE_URL: server.url,
    },
    statuses: ["submitted", "delivered", "read", "rejected", "undeliverable"],
    success: "delivered",
    hasCodes: true,
    receipts: "called",
    next: server.next,
    always: server.always,
    errorBody: (_status, code) => toProblem(code, "The twin's script says so"),
    calls: () => server.calls.length,
    takeAccepted: takeNew(server.accepted, ({ id, to, from, text }) => ({ id, to, from, text })),
    settle() {},
    async report(id, { status, code }, delivery) {
      // Hark wants no reports on its replies to words such as STOP.
      const isReply = server.accepted.some((text) => text.id === id && !text.webhookUrl);
      if (isReply) return [];
      return await server.report(id, status, {
        ...delivery,
        ...(code === undefined ? {} : { code }),
      });
    },
    async receive({ from, to, text }, delivery) {
      const statuses = await server.deliver(
        { from: toVonageNumber(from), to: toVonageNumber(to), text },
        delivery,
      );
      return statuses.map((status) => ({ status }));
    },
    close: server.close,
  };
}
