/** A team's request to go live, and an operator's answer. Times are epoch milliseconds. */
import type { AuditActor } from "../accounts/audit.ts";
import type { WindowLimit } from "../accounts/limits.ts";
import type { GoLiveRequestId, ServiceId } from "../ids.ts";
import { parseEmailAddress } from "../recipient/email_address.ts";
import { type Channel, CHANNELS, type ServiceSettings } from "../service/service.ts";
import { isLinesOfText, MAX_LIMIT } from "../service/setting_rules.ts";
import { DAY_MS, HOUR_MS } from "../time/durations.ts";

/** The longest reason of an answer, in UTF-16 units. */
export const MAX_REASON = 500;
/** Requests of one service. */
export const GO_LIVE_LIMIT: WindowLimit = { most: 5, perMs: DAY_MS };
/** Requests, of all services, that operators are notified of by e-mail. Their page lists the others too. */
export const GO_LIVE_MAIL_LIMIT: WindowLimit = { most: 20, perMs: HOUR_MS };

/** What a service's limits of messages a day are for. */
export type DailyLimit = keyof ServiceSettings["daily_limits"];

/** How many messages a team expects to send on its busiest day, by channel. */
export type Volumes = Readonly<Partial<Record<Channel, number>>>;

/** The form by which a team asks. */
export interface GoLiveForm {
  readonly volumes: Volumes;
  /** The e-mail address of the person whom operators ask. Log it not. */
  readonly contact: string;
  readonly acceptsTerms: boolean;
}

/** What is wrong with a form, by its field. */
export interface GoLiveFault {
  readonly field: "volumes" | "contact" | "terms";
  readonly because: "missing" | "not-valid";
}

/** Returns what is wrong with a form, in the order of its fields; nothing for a good one. */
export function faultsOfForm(
  { volumes, contact, acceptsTerms }: GoLiveForm,
): readonly GoLiveFault[] {
  const all = Object.values(volumes);
  const faults: GoLiveFault[] = [];
  if (!all.every(isLimit)) faults.push({ field: "volumes", because: "not-valid" });
  else if (!all.some((volume) => volume > 0)) faults.push({ field: "volumes", because: "missing" });
  if (contact.trim() === "") faults.push({ field: "contact", because: "missing" });
  else if (!parseEmailAddress(contact).ok) faults.push({ field: "contact", because: "not-valid" });
  if (!acceptsTerms) faults.push({ field: "terms", because: "missing" });
  return faults;
}

/** Whether a number can be a volume or a limit of messages. */
export function isLimit(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_LIMIT;
}

/** The limits that an operator can give to a service: of its channels, and of texts to other countries. */
export function limitsOf({ channels }: Pick<ServiceSettings, "channels">): readonly DailyLimit[] {
  return [
    ...CHANNELS.filter((channel) => channels.includes(channel)),
    ...(channels.includes("sms") ? ["international_sms" as const] : []),
  ];
}

/** An operator's answer. */
export interface GoLiveAnswer {
  readonly isApproved: boolean;
  /** Must be given with a refusal. */
  readonly reason: string | undefined;
  /** The service's limits from then on; absent limits stay as they are, `null` is the default. */
  readonly limits: Readonly<Partial<Record<DailyLimit, number | null>>>;
}

/** What is wrong with an answer, by its field. */
export interface AnswerFault {
  readonly field: "reason" | DailyLimit;
  readonly because: "missing" | "not-valid";
}

/** Returns what is wrong with an answer; nothing for a good one. */
export function faultsOfAnswer(
  { isApproved, reason, limits }: GoLiveAnswer,
): readonly AnswerFault[] {
  const wrong = Object.entries(limits).filter(([, limit]) => limit !== null && !isLimit(limit))
    .map(([field]): AnswerFault => ({ field: field as DailyLimit, because: "not-valid" }));
  if (reason === undefined) {
    return isApproved ? wrong : [...wrong, { field: "reason", because: "missing" }];
  }
  return isLinesOfText(reason, MAX_REASON)
    ? wrong
    : [...wrong, { field: "reason", because: "not-valid" }];
}

/** An answer that was given. */
export interface GivenAnswer extends GoLiveAnswer {
  readonly by: AuditActor;
  /** The name of the person who answered; `undefined` for a program, or a person without an account any more. */
  readonly byName: string | undefined;
  readonly at: number;
}

/** A request to go live. */
export interface GoLiveRequest {
  readonly id: GoLiveRequestId;
  readonly serviceId: ServiceId;
  readonly askedBy: AuditActor;
  /** The name of the person who asked; `undefined` for a program, or a person without an account any more. */
  readonly askedByName: string | undefined;
  readonly askedAt: number;
  readonly volumes: Volumes;
  readonly contact: string;
  /** `undefined` while the request waits. */
  readonly answer: GivenAnswer | undefined;
}
