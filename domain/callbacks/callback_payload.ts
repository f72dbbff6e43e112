/** The JSON that callbacks send, in the shapes of GOV.UK Notify's. */
import { toTimestamp, toTimestampOrNull } from "../time/timestamp.ts";
import type { CallbackKind } from "./callback.ts";

/** A text message that a service received, as the callback `inbound` announces it. */
export interface ReceivedText {
  /** Its id, a UUID. */
  readonly id: string;
  /** The telephone number of the person who sent it: digits without a plus sign. */
  readonly sourceNumber: string;
  /** The number of the service that it was sent to: digits without a plus sign. */
  readonly destinationNumber: string;
  readonly message: string;
  /** When Hark received it, in epoch milliseconds. */
  readonly receivedAt: number;
}

/** Makes the JSON with which the callback `inbound` announces a text message. */
export function inboundPayload(text: ReceivedText): Readonly<Record<string, unknown>> {
  return {
    id: text.id,
    source_number: text.sourceNumber,
    destination_number: text.destinationNumber,
    message: text.message,
    date_received: toTimestamp(text.receivedAt),
  };
}

const NO_ID = "00000000-0000-0000-0000-000000000000";

/**
 * The JSON of a test call of a callback, which the operator starts. It has the shape of a real call, with zeros for
 * ids, and addresses and numbers that are reserved for examples.
 */
export function testPayload(kind: CallbackKind, now: number): Readonly<Record<string, unknown>> {
  switch (kind) {
    case "delivery":
      return {
        id: NO_ID,
        reference: "test",
        to: "someone@example.com",
        status: "delivered",
        created_at: toTimestamp(now),
        completed_at: toTimestampOrNull(now),
        sent_at: toTimestampOrNull(now),
        notification_type: "email",
        template_id: NO_ID,
        template_version: 1,
      };
    case "inbound":
      return inboundPayload({
        id: NO_ID,
        sourceNumber: "447700900000",
        destinationNumber: "447700900001",
        message: "This is a test",
        receivedAt: now,
      });
    case "complaint":
      return {
        notification_id: NO_ID,
        complaint_id: NO_ID,
        reference: "test",
        to: "someone@example.com",
        complaint_date: toTimestamp(now),
      };
  }
}
