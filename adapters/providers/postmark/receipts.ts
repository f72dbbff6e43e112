import * as z from "zod/mini";
import type { Receipt, ReceiptKind, ReceiptRefusal } from "../../../domain/delivery/receipt.ts";
import type { ReceiptRequest } from "../../../domain/ports/receipt_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { sameSecret } from "../../../domain/access/constant_time.ts";
import { bounceKind, isUnlistedBounce, toCode } from "./bounces.ts";
import { parseBase64 } from "../shared/base64.ts";
import { JSON_LIMITS } from "../../../domain/json/json_shape.ts";
import { readJsonInSteps } from "../../../domain/json/read_json.ts";
import { runSteps } from "../../../domain/steps/steps.ts";
import { lookUp, parseAttemptField, parseRef } from "../shared/json_fields.ts";

/** The credentials that Postmark sends to the webhook (HTTP Basic). */
export interface WebhookCredentials {
  readonly user: string;
  readonly password: string;
  /** The password before a rotation, which is accepted as well; absent when no rotation is under way. */
  readonly previousPassword?: string;
}

/** The receipt kind of a suppression's reason, for the message that caused it. */
const SUPPRESSION_REASONS = {
  HardBounce: "permanent-failure",
  SpamComplaint: "complaint",
  /** Only when the origin is the recipient. */
  ManualSuppression: "unsubscribed",
} as const satisfies Record<string, ReceiptKind>;

/** The fields of a receipt that depend on the type of the record. */
interface Reading {
  readonly kind: ReceiptKind;
  readonly code: string | undefined;
  readonly at: string | null | undefined;
  /** Identifies the event, together with its type and message. */
  readonly key: string;
  /** Whether `kind` is a default, since the table lacks the code. */
  readonly isUnlistedCode?: boolean;
}

const Time = z.nullish(z.string());
const MessageId = z.string().check(z.minLength(1));
const Delivery = z.object({ MessageID: MessageId, DeliveredAt: Time });
const Bounce = z.object({
  MessageID: MessageId,
  // May exceed the exact range of a double, so it is never a dedupe key by itself.
  ID: z.number(),
  Type: z.string(),
  Inactive: z.nullish(z.boolean()),
  BouncedAt: Time,
});
const Complaint = z.object({ MessageID: MessageId, ID: z.number(), BouncedAt: Time });
const SubscriptionChange = z.object({
  MessageID: z.nullish(z.string()),
  ChangedAt: Time,
  Origin: z.nullish(z.string()),
  SuppressSending: z.boolean(),
  SuppressionReason: z.nullish(z.string()),
});

/**
 * The parser of each `RecordType` that we act on. It returns `undefined` for an event that is ignored, and a refusal
 * for a record that lacks a field of its type.
 * Source: https://postmarkapp.com/developer/webhooks/webhooks-overview
 */
const RECEIPTS = {
  Delivery: parsedBy(Delivery, ({ DeliveredAt: at }) => ({
    kind: "delivered",
    code: undefined,
    at,
    key: at ?? "",
  })),
  Bounce: parsedBy(Bounce, ({ ID, Type, Inactive, BouncedAt: at }) => {
    const kind = bounceKind(Type, Inactive === true);
    const isUnlistedCode = isUnlistedBounce(Type);
    return kind && { kind, code: toCode(Type), at, key: String(ID), isUnlistedCode };
  }),
  SpamComplaint: parsedBy(Complaint, ({ ID, BouncedAt: at }) => ({
    kind: "complaint",
    code: "SpamComplaint",
    at,
    key: String(ID),
  })),
  SubscriptionChange: parsedBy(SubscriptionChange, (change) => {
    const { SuppressionReason: reason, Origin, ChangedAt: at } = change;
    // A suppression that an operator made concerns an address and no notification.
    if (!change.MessageID || !change.SuppressSending) return undefined;
    const kind = lookUp<ReceiptKind>(SUPPRESSION_REASONS, reason ?? undefined);
    if (kind === undefined || (kind === "unsubscribed" && Origin !== "Recipient")) return undefined;
    return { kind, code: reason ?? undefined, at, key: `${reason}:${at ?? ""}` };
  }),
} as const satisfies Record<string, (record: unknown) => Result<Reading | undefined, string>>;

function parsedBy<S extends z.ZodMiniType>(
  schema: S,
  read: (record: z.output<S>) => Reading | undefined,
): (record: unknown) => Result<Reading | undefined, string> {
  return (record) => {
    const parsed = schema.safeParse(record);
    if (parsed.success) return ok(read(parsed.data));
    return refuse(parsed.error.issues.map((issue) => issue.path.join(".")).join(", "));
  };
}

/**
 * Reads one call of Postmark's webhook: verifies its HTTP Basic credentials, then reads the body and parses its one
 * event. The result has one receipt, or none for an event that says nothing of a message's delivery.
 *
 * @param webhook the credentials that Postmark must send; when `undefined`, every call is refused as `unauthorised`
 * @param provider the provider's name, which the receipt repeats
 */
export async function readPostmarkReceipts(
  { headers, readBody }: ReceiptRequest,
  webhook: WebhookCredentials | undefined,
  provider: string,
): Promise<Result<readonly Receipt[], ReceiptRefusal>> {
  if (!isAuthorised(headers.get("Authorization"), webhook)) {
    return refuse({ kind: "unauthorised" });
  }
  const body = await readBody();
  if (!body.ok) return body;
  const envelope = Envelope.safeParse(parseEvent(new TextDecoder().decode(body.value)));
  if (!envelope.success) return refuse({ kind: "malformed", detail: "not a Postmark event" });
  const { RecordType, MessageID, Metadata } = envelope.data;
  const read = lookUp(RECEIPTS, RecordType);
  if (read === undefined) return ok([]);
  const reading = read(envelope.data);
  if (!reading.ok) {
    return refuse({ kind: "malformed", detail: `${RecordType}: ${reading.refusal}` });
  }
  if (reading.value === undefined || typeof MessageID !== "string") return ok([]);
  const { kind, code, at, key, isUnlistedCode } = reading.value;
  return ok([{
    provider,
    providerMessageId: MessageID,
    ref: parseRef(Metadata?.["service_id"], Metadata?.["notification_id"]),
    ...parseAttemptField(Metadata?.["attempt"]),
    kind,
    code,
    ...(isUnlistedCode && code !== undefined ? { isUnlistedCode } : {}),
    at: parseTime(at),
    dedupeKey: `${RecordType}:${MessageID}:${key}`,
  }]);
}

/** A body that is not JSON, or exceeds its limits, is no event. A receipt is short, so its steps run at once. */
function parseEvent(text: string): unknown {
  const json = runSteps(readJsonInSteps(text, JSON_LIMITS));
  return json.ok ? json.value : undefined;
}

const Envelope = z.looseObject({
  RecordType: z.string(),
  MessageID: z.unknown(),
  Metadata: z.catch(z.nullish(z.record(z.string(), z.unknown())), undefined),
});

function isAuthorised(
  authorisation: string | null,
  webhook: WebhookCredentials | undefined,
): boolean {
  if (webhook === undefined || webhook.password === "") return false;
  const base64 = authorisation?.match(/^Basic +([^ ]+)$/i)?.[1];
  const bytes = base64 === undefined ? undefined : parseBase64(base64);
  if (bytes === undefined) return false;
  const credentials = new TextDecoder().decode(bytes);
  const passwords = [webhook.password, webhook.previousPassword].filter((password) => !!password);
  // Each is compared, so that the time does not depend on the password.
  return passwords.map((password) => sameSecret(credentials, `${webhook.user}:${password}`))
    .includes(true);
}

function parseTime(text: string | null | undefined): number | undefined {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? undefined : at;
}
