import * as z from "zod/mini";
import type { Receipt, ReceiptKind, ReceiptRefusal } from "../../../domain/delivery/receipt.ts";
import type { ReceiptRequest } from "../../../domain/ports/receipt_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { parseBase64, sameSecret } from "../shared/constant_time.ts";
import { parseJson } from "../../../domain/json/parse_json.ts";
import { lookUp, parseRef } from "../shared/json_fields.ts";

/**
 * What a bounce's `Type` means for the message; `undefined` when the message did not bounce at all.
 * Source: https://postmarkapp.com/developer/api/bounce-api#bounce-types
 */
export const BOUNCE_TYPES = {
  HardBounce: "permanent-failure",
  BadEmailAddress: "permanent-failure",
  Blocked: "permanent-failure",
  ManuallyDeactivated: "permanent-failure",
  Transient: "temporary-failure",
  SoftBounce: "temporary-failure",
  DnsError: "temporary-failure",
  SpamNotification: "temporary-failure",
  VirusNotification: "temporary-failure",
  Unknown: "temporary-failure",
  SMTPApiError: "technical-failure",
  DMARCPolicy: "technical-failure",
  TemplateRenderingFailed: "technical-failure",
  SpamComplaint: "complaint",
  Unsubscribe: "unsubscribed",
  Subscribe: undefined,
  AutoResponder: undefined,
  AddressChange: undefined,
  OpenRelayTest: undefined,
  ChallengeVerification: undefined,
  Unconfirmed: undefined,
  InboundError: undefined,
} as const satisfies Record<string, ReceiptKind | undefined>;

/** What the reason of a suppression means for the message that brought it about. */
export const SUPPRESSION_REASONS = {
  HardBounce: "permanent-failure",
  SpamComplaint: "complaint",
  /** Counts only when its origin is the recipient. */
  ManualSuppression: "unsubscribed",
} as const satisfies Record<string, ReceiptKind>;

/** The part of a receipt that depends on the type of the record. */
interface Reading {
  readonly kind: ReceiptKind;
  readonly code: string | undefined;
  readonly at: string | null | undefined;
  /** Beside type and message, what tells this event from another. */
  readonly key: string;
}

const Time = z.nullish(z.string());
const MessageId = z.string().check(z.minLength(1));
const Delivery = z.object({ MessageID: MessageId, DeliveredAt: Time });
const Bounce = z.object({
  MessageID: MessageId,
  // Beyond what a double can hold exactly, so it never stands alone in a dedupe key.
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
 * How to read each `RecordType` that we act on: `undefined` for an event that changes nothing, a refusal for a
 * record that lacks what its type promises.
 * Source: https://postmarkapp.com/developer/webhooks/webhooks-overview
 */
export const RECEIPTS = {
  Delivery: parsedBy(Delivery, ({ DeliveredAt: at }) => ({
    kind: "delivered",
    code: undefined,
    at,
    key: at ?? "",
  })),
  Bounce: parsedBy(Bounce, ({ ID, Type, Inactive, BouncedAt: at }) => {
    const kind = bounceKind(Type, Inactive === true);
    return kind && { kind, code: toCode(Type), at, key: String(ID) };
  }),
  SpamComplaint: parsedBy(Complaint, ({ ID, BouncedAt: at }) => ({
    kind: "complaint",
    code: "SpamComplaint",
    at,
    key: String(ID),
  })),
  SubscriptionChange: parsedBy(SubscriptionChange, (change) => {
    const { SuppressionReason: reason, Origin, ChangedAt: at } = change;
    // One made by hand, without a message, is about an address and not about a notification.
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

/** An address that Postmark has deactivated gets no further message, whatever the bounce is called. */
function bounceKind(type: string, inactive: boolean): ReceiptKind | undefined {
  const kind = Object.hasOwn(BOUNCE_TYPES, type) ? lookUp(BOUNCE_TYPES, type) : "temporary-failure";
  return kind === "temporary-failure" && inactive ? "permanent-failure" : kind;
}

/** The name of a type, if it looks like one: free text might hold personal data. */
function toCode(type: string): string | undefined {
  return /^[A-Za-z]{1,40}$/.test(type) ? type : undefined;
}

/**
 * Reads one call of Postmark's webhook: HTTP basic authentication first, then the one event that it carries.
 *
 * @param webhook what Postmark was told to authenticate with; without it nothing is believed
 */
export async function readPostmarkReceipts(
  { headers, readBody }: ReceiptRequest,
  webhook: { readonly user: string; readonly password: string } | undefined,
  provider: string,
): Promise<Result<readonly Receipt[], ReceiptRefusal>> {
  if (!await isAuthorised(headers.get("Authorization"), webhook)) {
    return refuse({ kind: "unauthorised" });
  }
  const body = await readBody();
  if (!body.ok) return body;
  const envelope = Envelope.safeParse(parseJson(new TextDecoder().decode(body.value)));
  if (!envelope.success) return refuse({ kind: "malformed", detail: "not a Postmark event" });
  const { RecordType, MessageID, Metadata } = envelope.data;
  const read = lookUp(RECEIPTS, RecordType);
  if (read === undefined) return ok([]);
  const reading = read(envelope.data);
  if (!reading.ok) {
    return refuse({ kind: "malformed", detail: `${RecordType}: ${reading.refusal}` });
  }
  if (reading.value === undefined || typeof MessageID !== "string") return ok([]);
  const { kind, code, at, key } = reading.value;
  return ok([{
    provider,
    providerMessageId: MessageID,
    ref: parseRef(Metadata?.["service_id"], Metadata?.["notification_id"]),
    kind,
    code,
    at: parseTime(at),
    dedupeKey: `${RecordType}:${MessageID}:${key}`,
  }]);
}

const Envelope = z.looseObject({
  RecordType: z.string(),
  MessageID: z.unknown(),
  Metadata: z.catch(z.nullish(z.record(z.string(), z.unknown())), undefined),
});

async function isAuthorised(
  authorisation: string | null,
  webhook: { readonly user: string; readonly password: string } | undefined,
): Promise<boolean> {
  if (webhook === undefined || webhook.password === "") return false;
  const base64 = authorisation?.match(/^Basic +([^ ]+)$/i)?.[1];
  const bytes = base64 === undefined ? undefined : parseBase64(base64);
  if (bytes === undefined) return false;
  return await sameSecret(new TextDecoder().decode(bytes), `${webhook.user}:${webhook.password}`);
}

function parseTime(text: string | null | undefined): number | undefined {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? undefined : at;
}
