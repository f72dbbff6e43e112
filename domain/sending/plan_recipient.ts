/** The recipient of a notification, and whether the service may send to it. No I/O, no clock. */
import type { PlanContext } from "./plan_context.ts";
import { parseEmailAddress } from "../recipient/email_address.ts";
import { allowPhone, parsePhone } from "../recipient/phone.ts";
import { isGuest } from "../recipient/recipient.ts";
import { DEFAULT_REALM, type Realm } from "../recipient/realm.ts";
import { parseRecipientId } from "../recipient/recipient_id.ts";
import { parseRnokpp } from "../recipient/rnokpp.ts";
import { isSmokeTestRecipient } from "../recipient/simulated.ts";
import type { Refusal } from "./refusal.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { SendRequest } from "./send_request.ts";
import type { Channel } from "../service/service.ts";

/** A recipient, as supplied and normalised. */
export interface ResolvedRecipient {
  /** The recipient as supplied, trimmed. */
  readonly to: string;
  /**
   * The normalised recipient: E.164 digits without the plus sign, a lower-case address, a person's id, or a tax number.
   */
  readonly recipient: string;
  /** The realm of an inbox message's recipient; absent on other channels, and when the deployment has no realms. */
  readonly realm?: Realm;
  /** Whether it is a text message to a number of another country than the service's. */
  readonly international: boolean;
}

type Resolve = (
  context: PlanContext,
  request: SendRequest,
) => Result<ResolvedRecipient, Refusal>;

/**
 * Parses the request's recipient, and checks that the key and the service may send to it. Team keys and services in
 * trial mode send to their guest list only; test keys send to everybody, since nothing is delivered.
 */
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
    if (id === undefined) return refuse({ kind: "recipient-id-not-valid" });
    const { realms } = context;
    if (realms === undefined) return allow(context, request, id);
    const { realm = DEFAULT_REALM } = request;
    if (!realms.includes(realm)) {
      return refuse({ kind: "realm-unknown", named: request.realm, known: realms });
    }
    const allowed = allow(context, request, id);
    return allowed.ok ? ok({ ...allowed.value, realm }) : allowed;
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
