/** Messages and outcomes for the providers' tests. */
import assert from "node:assert/strict";
import { type NotificationRef, parseNotificationId, parseServiceId } from "../../../domain/ids.ts";
import type {
  OutgoingDiia,
  OutgoingEmail,
  OutgoingSms,
} from "../../../domain/delivery/outgoing_message.ts";
import type { Receipt } from "../../../domain/delivery/receipt.ts";
import type { SendOutcome } from "../../../domain/ports/provider.ts";
import type { ReceiptReader, ReceiptRequest } from "../../../domain/ports/receipt_reader.ts";
import { ok } from "../../../domain/result.ts";

const serviceId = parseServiceId("0b5f7a3c-8d4e-4c1b-9a57-1f2e3d4c5b6a");
const notificationId = parseNotificationId("0192f3a4-5b6c-7d8e-9f00-112233445566");
assert(serviceId && notificationId);

/** The notification of the messages below. */
export const REF: NotificationRef = { serviceId, notificationId };

/** A text, with `fields` in place of its own. */
export function sms(fields: Partial<OutgoingSms> = {}): OutgoingSms {
  const text = "Ваш запит готовий. £5 & more";
  return {
    channel: "sms",
    ref: REF,
    to: "447700900123",
    from: undefined,
    sender: "PASSPORTS",
    text,
    ...fields,
  };
}

/** An e-mail, with `fields` in place of its own. */
export function email(fields: Partial<OutgoingEmail> = {}): OutgoingEmail {
  return {
    channel: "email",
    ref: REF,
    to: "ann@example.test",
    from: { name: "Passport Office", address: "passports@hark.test" },
    replyTo: undefined,
    subject: "Your passport",
    text: "It is ready.",
    html: "<p>It is ready.</p>",
    headers: {},
    ...fields,
  };
}

/** A push notification through Diia, with `fields` in place of its own. */
export function push(fields: Partial<OutgoingDiia> = {}): OutgoingDiia {
  return {
    channel: "diia",
    ref: REF,
    to: "3184710691",
    sender: "Passport Office",
    externalTemplateId: "t1",
    recipientId: REF.notificationId,
    parameters: [],
    ...fields,
  };
}

/** An outcome that is retried. */
export function retry(outcome: "not-sent" | "unknown", code: string): SendOutcome {
  return { kind: "retry", outcome, code };
}

/** A final refusal. */
export function rejected(permanent: boolean, code: string): SendOutcome {
  return { kind: "rejected", permanent, code };
}

/** A fault of the provider's account, or of a setting of the message's service. */
export function fault(scope: "provider" | "service", code: string): SendOutcome {
  return { kind: "provider-fault", scope, code };
}

/** A signal that is never aborted. */
export const CALM: AbortSignal = new AbortController().signal;

/** A call to a receipt address. */
export function receiptRequest(
  url: string,
  headers: Record<string, string>,
  body: string,
): ReceiptRequest {
  const bytes = new TextEncoder().encode(body);
  return { url, headers: new Headers(headers), readBody: () => Promise.resolve(ok(bytes)) };
}

/** A server for reports that records the receipts that a reader parses from them. */
export function serveReceipts(reader: ReceiptReader) {
  const receipts: Receipt[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const result = await reader.readReceipts({
      url: pathname + search,
      headers: request.headers,
      readBody: async () => ok(new Uint8Array(await request.arrayBuffer())),
    });
    if (result.ok) receipts.push(...result.value);
    return new Response(null, { status: result.ok ? 200 : 401 });
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  return { origin, receipts, close: () => server.shutdown() };
}

/** Asserts that `value` holds no personal data of the recipient. */
export function assertImpersonal(value: unknown): void {
  const text = JSON.stringify(value);
  for (
    const personal of ["ann@", "447700900123", "3184710691", "no such user", "250 OK", "A subject"]
  ) {
    assert(!text.includes(personal), `holds ${personal}`);
  }
}

/** A port of 127.0.0.1 without a listener. */
export function closedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}
