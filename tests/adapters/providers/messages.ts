/** Messages for the providers' tests. */
import assert from "node:assert/strict";
import { parseNotificationId, parseServiceId } from "../../../domain/ids.ts";
import type {
  NotificationRef,
  OutgoingDiia,
  OutgoingEmail,
  OutgoingSms,
} from "../../../domain/provider.ts";
import type { ReceiptRequest } from "../../../domain/receipt_reader.ts";

const serviceId = parseServiceId("0b5f7a3c-8d4e-4c1b-9a57-1f2e3d4c5b6a");
const notificationId = parseNotificationId("0192f3a4-5b6c-7d8e-9f00-112233445566");
assert(serviceId && notificationId);

/** The notification that the messages below are. */
export const REF: NotificationRef = { serviceId, notificationId };

/** A text, with `fields` in place of its own. */
export function sms(fields: Partial<OutgoingSms> = {}): OutgoingSms {
  const text = "Ваш запит готовий. £5 & more";
  return { channel: "sms", ref: REF, to: "447700900123", from: undefined, text, ...fields };
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
    externalTemplateId: "t1",
    recipientId: REF.notificationId,
    parameters: [],
    ...fields,
  };
}

/** A signal that nobody aborts. */
export const CALM: AbortSignal = new AbortController().signal;

/** A call to a receipt address. */
export function receiptRequest(
  url: string,
  headers: Record<string, string>,
  body: string,
): ReceiptRequest {
  return { url, headers: new Headers(headers), rawBody: new TextEncoder().encode(body) };
}

/** Asserts that nothing in `value` tells who a message was for. */
export function assertImpersonal(value: unknown): void {
  const text = JSON.stringify(value);
  for (
    const personal of ["ann@", "447700900123", "3184710691", "no such user", "250 OK", "A subject"]
  ) {
    assert(!text.includes(personal), `holds ${personal}`);
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export function closedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}
