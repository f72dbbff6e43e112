/** The facts that are kept of a message after retention has deleted its personal data. */
import type { JobId, NotificationId, TemplateId } from "../ids.ts";
import type { Channel } from "../service/service.ts";
import { DAY_MS } from "../time/durations.ts";
import type { EventFacts, TimelineEvent } from "./notification.ts";
import type { Status } from "./status.ts";

/** How long the timeline of a message is kept after its content was deleted. */
export const TIMELINES_KEPT_MS = 365 * DAY_MS;

/** Max characters of a code, a provider's or Hark's, that is kept with a timeline. */
export const MAX_KEPT_CODE = 64;

/** Max digits of a code that is kept with a timeline: telephone numbers have more. */
export const MAX_KEPT_DIGITS = 6;

/** A message whose content was deleted. It has no personal data. All times are epoch milliseconds. */
export interface DeletedMessage {
  readonly id: NotificationId;
  readonly channel: Channel;
  readonly templateId: TemplateId;
  readonly templateVersion: number;
  readonly status: Status;
  /** When it was accepted. */
  readonly createdAt: number;
  /** When it was to be sent; `null` for at once. */
  readonly scheduledFor: number | null;
  /** When a provider accepted it; `null` for never. */
  readonly sentAt: number | null;
  /** When it reached a completed status; `null` for never. */
  readonly completedAt: number | null;
  /** The name of the provider that accepted it; `null` for none. */
  readonly provider: string | null;
  /** Why it failed, as the statistics count it; `undefined` for a message that did not fail or is not counted. */
  readonly failure: string | undefined;
  /** The job that it was a row of; `undefined` for none. The job may have been deleted since. */
  readonly jobId: JobId | undefined;
  /** For how many days the service kept messages of the channel. */
  readonly keptDays: number;
  /** When its content was deleted. */
  readonly deletedAt: number;
  /** What happened, oldest first. The accept is the first. */
  readonly events: readonly TimelineEvent[];
}

const WORD = /^[a-z][a-z0-9-]*$/i;
const NUMBER = /^\d+$/;
/** A reply of an SMTP server, such as `550-5.1.1`. */
const SMTP_REPLY = /^\d{3}-\d\.\d{1,3}\.\d{1,3}$/;

/** Whether a text has the form of a code, and cannot be an address, a telephone number or a sentence. */
function isKeptCode(text: string): boolean {
  if (text.length > MAX_KEPT_CODE) return false;
  if (SMTP_REPLY.test(text)) return true;
  const digits = text.replaceAll(/\D/g, "").length;
  return digits <= MAX_KEPT_DIGITS && (WORD.test(text) || NUMBER.test(text));
}

/**
 * Returns the facts of an event that are kept after its message was deleted. A code that does not have the form of one
 * is left out, in case a provider wrote a recipient into it.
 */
export function withoutDoubtfulCode(facts: EventFacts): EventFacts {
  if (facts.code === undefined || isKeptCode(facts.code)) return facts;
  const { code: _, ...rest } = facts;
  return rest;
}

/**
 * Returns the reason of a failure as the statistics name it (a code, or the provider and its code with a colon between
 * them) as it is kept after the message was deleted. Of a code that does not have the form of one, only the provider is
 * kept.
 */
export function keptFailure(counted: string): string {
  const colon = counted.indexOf(":");
  const code = counted.slice(colon + 1);
  if (isKeptCode(code)) return counted;
  const provider = counted.slice(0, Math.max(0, colon));
  return isKeptCode(provider) ? `${provider}:other` : "other";
}
