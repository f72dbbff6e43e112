/** The first step of an upload: the checks that do not depend on its rows. */
import type { ServiceId } from "../../domain/ids.ts";
import type { Allowance } from "../../domain/jobs/allowance.ts";
import { DEFAULT_REALM, type Realm } from "../../domain/recipient/realm.ts";
import type { AcceptStore } from "../../domain/ports/accept_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import { refuse, type Result } from "../../domain/result.ts";
import { dailyCharge, type QuotaCharge } from "../../domain/sending/limits.ts";
import { addressEnvelope, chooseTemplate } from "../../domain/sending/plan_notification.ts";
import type { Refusal } from "../../domain/sending/refusal.ts";
import type { SenderDefaults } from "../../domain/service/sender.ts";
import type { TemplateVersion } from "../../domain/template/template_record.ts";
import type { UploadRefusal } from "./upload_refusal.ts";
import type { UploadRequest } from "./upload_request.ts";

/** The dependencies of {@link checkRequest}. */
export interface CheckRequestPorts {
  readonly clock: Clock;
  readonly defaults: SenderDefaults;
  /** Whether recipients can read inbox messages of this service; otherwise it may send none. */
  readonly hasInbox: (serviceId: ServiceId) => boolean;
  /**
   * The realms (portals: `citizen`, `officer`) whose people can read their inboxes; absent when the deployment does not
   * distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
}

/**
 * Checks the template, the sender and the times of an upload. It needs no row and makes no call of the store.
 *
 * @returns the template to send, or why no job can be created whatever the rows are
 */
export function checkRequest(
  { clock, defaults, hasInbox, realms }: CheckRequestPorts,
  { context, senderId, scheduledFor, validUntil }: UploadRequest,
): Result<TemplateVersion, UploadRefusal> {
  const { service, template } = context;
  const refused = (refusal: Refusal) => refuse({ kind: "refused", refusal } as const);
  if (template === undefined) return refused({ kind: "template-not-found" });
  const { channel } = template;
  const facts = { service, template, hasInbox: hasInbox(service.id) };
  const chosen = chooseTemplate(facts, { channel });
  if (!chosen.ok) return refused(chosen.refusal);
  if (channel === "inbox" && realms?.includes(DEFAULT_REALM) === false) {
    return refused({ kind: "realm-unknown", named: undefined, known: realms });
  }
  if (channel === "diia" && template.externalId === null) {
    return refused({ kind: "template-not-published" });
  }
  const envelope = addressEnvelope({ ...context, defaults }, { channel, senderId });
  if (!envelope.ok) return refused(envelope.refusal);
  const isPast = (at: number | null) => at !== null && at < clock.now();
  if (isPast(scheduledFor)) return refuse({ kind: "past", field: "scheduled_for" });
  return isPast(validUntil) ? refuse({ kind: "past", field: "valid_until" }) : chosen;
}

/**
 * Reads how many more messages the service may send on the day of the job's start: `all` of the template's channel, and
 * `international` of text messages to other countries. For a test key both are `Infinity`. It charges nothing.
 */
export async function loadAllowance(
  { clock, accepts }: { readonly clock: Clock; readonly accepts: Pick<AcceptStore, "recall"> },
  { context: { service }, key, scheduledFor }: UploadRequest,
  { channel }: Pick<TemplateVersion, "channel">,
): Promise<Allowance> {
  if (key.kind === "test") return { all: Infinity, international: Infinity };
  const now = clock.now();
  const sendAt = Math.max(scheduledFor ?? now, now);
  const daily = dailyCharge(service, channel, now, sendAt);
  const international = dailyCharge(service, "international_sms", now, sendAt);
  const scopes = [daily.scope, international.scope];
  const { counters } = await accepts.recall(service.id, undefined, scopes, now);
  const remaining = ({ scope, limit }: QuotaCharge) =>
    Math.max(limit - (counters.get(scope) ?? 0), 0);
  const date = daily.refusal.kind === "daily-limit" ? daily.refusal.date : undefined;
  return {
    all: remaining(daily),
    international: remaining(international),
    ...(date === undefined ? {} : { date }),
  };
}
