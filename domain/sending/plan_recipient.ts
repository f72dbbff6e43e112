/** The recipient of a notification, and whether the service may send to it. No I/O, no clock. */
import type { PlanContext } from "./plan_context.ts";
import { parseEmailAddress } from "../recipient/email_address.ts";
import { allowPhone, parsePhone } from "../recipient/phone.ts";
import { isGuest } from "../recipient/recipient.ts";
import { parseRecipientId } from "../recipient/recipient_id.ts";
import { parseRnokpp } from "../recipient/rnokpp.ts";
import { isSmokeTestRecipient } from "../recipient/simulated.ts";
import type { Refusal } from "./refusal.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { SendRequest } from "./send_request.ts";
import type { Channel } from "../service/service.ts";

/** A recipient, as supplied and normalised. */
export interface ResolvedRecipient {
  readonly to: string;
  readonly recipient: string;
  /** A text message to a number of another country. */
  readonly international: boolean;
}

type Resolve = (
  context: PlanContext,
  request: SendRequest,
) => Result<ResolvedRecipient, Refusal>;

/** Parses the request's recipient, and checks that the key and the service may send to it. */
export function resolveRecipient(
  context: PlanContext,
  request: SendRequest,
): Result<ResolvedRecipient, Refusal> {
  return RESOLVERS[request.channel](context, request);
}

const RESOLVERS = {
  sms: resolvePhone,
  email: (context, request) => {
    const address = parseEmailAddress(request.to);
    if (!address.ok) return refuse({ kind: "email-not-valid" });
    return allow(context, request, address.value.normalised);
  },
  inbox: (context, request) => {
    const id = parseRecipientId(request.to);
    return id === undefined
      ? refuse({ kind: "recipient-id-not-valid" })
      : allow(context, request, id);
  },
  diia: (context, request) => {
    const number = parseRnokpp(request.to);
    if (!number.ok) return refuse({ kind: "rnokpp-not-valid" });
    return allow(context, request, number.value);
  },
} as const satisfies Record<Channel, Resolve>;

function allow(
  context: PlanContext,
  request: SendRequest,
  recipient: string,
): Result<ResolvedRecipient, Refusal> {
  const refusal = checkAudience(context, request, recipient);
  if (refusal !== undefined) return refuse(refusal);
  return ok({ to: request.to.trim(), recipient, international: false });
}

function resolvePhone(
  context: PlanContext,
  request: SendRequest,
): Result<ResolvedRecipient, Refusal> {
  const { service } = context;
  const country = service.settings.country;
  // To read a number again would cost a tenth of an accept. The service's country may have changed since.
  const phone = request.phone?.country === country
    ? ok(request.phone.number)
    : parsePhone(request.to, { country });
  if (!phone.ok) return refuse({ kind: "phone-not-valid", code: phone.refusal.code });
  const recipient = phone.value.normalised;
  const refusal = checkAudience(context, request, recipient);
  if (refusal !== undefined) return refuse(refusal);
  const allowed = allowPhone(phone.value, {
    international: service.settings.international_sms,
    landline: service.settings.uk_landlines,
  });
  if (!allowed.ok) {
    const abroad = phone.value.abroad && !service.settings.international_sms;
    return refuse(
      abroad
        ? { kind: "international-not-allowed" }
        : { kind: "phone-not-valid", code: allowed.refusal.code },
    );
  }
  return ok({ to: request.to.trim(), recipient, international: phone.value.abroad });
}

/** Whether the kind of key and the service's mode allow this recipient. */
function checkAudience(
  { service, key, guests }: PlanContext,
  { channel }: SendRequest,
  recipient: string,
): Refusal | undefined {
  if (key.kind === "test" || isSmokeTestRecipient(channel, recipient)) return undefined;
  if (key.kind === "live" && service.mode === "live") return undefined;
  if (isGuest(recipient, guests, { channel, country: service.settings.country })) return undefined;
  const because = key.kind === "team" ? "team-key" : "trial-mode";
  return { kind: "recipient-not-allowed", because };
}
