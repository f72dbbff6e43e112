/** Parses the platform's `user-notifications` message in steps: thousands of recipients take long. */
import type * as z from "zod/mini";
import { isJsonObject } from "../json/json_object.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { Steps } from "../steps/steps.ts";
import { MAX_RECIPIENTS, type UserNotification, userNotification } from "./user_notification.ts";

/** Recipients that are parsed in a step. */
const RECIPIENTS_PER_STEP = 100;
/** The fewest faults after which no more recipients are parsed. */
export const ENOUGH_ISSUES = 100;

type Issue = Pick<z.core.$ZodIssue, "path" | "message">;

/**
 * Parses a message as its schema does. Of a message with faults in more than a few recipients, it finds the first
 * {@link ENOUGH_ISSUES} or some more.
 */
export function* parseUserNotificationInSteps(
  json: unknown,
  options: Parameters<typeof userNotification.safeParse>[1],
): Steps<Result<UserNotification, readonly Issue[]>> {
  const all = isJsonObject(json) ? json.recipients : undefined;
  if (!isJsonObject(json) || !Array.isArray(all) || all.length <= RECIPIENTS_PER_STEP) {
    const parsed = userNotification.safeParse(json, options);
    return parsed.success ? ok(parsed.data) : refuse(parsed.error.issues);
  }
  if (all.length > MAX_RECIPIENTS) {
    // The schema's own message, for a list of as many empty recipients.
    const empty = Array.from({ length: MAX_RECIPIENTS + 1 }, () => ({}));
    const parsed = userNotification.safeParse({ ...json, recipients: empty }, options);
    return parsed.success ? ok(parsed.data) : refuse(parsed.error.issues);
  }
  const runs: UserNotification["recipients"][number][][] = [];
  const issues: Issue[] = [];
  let message: UserNotification | undefined;
  for (
    let from = 0;
    from < all.length && issues.length < ENOUGH_ISSUES;
    from += RECIPIENTS_PER_STEP
  ) {
    const recipients = all.slice(from, from + RECIPIENTS_PER_STEP);
    const parsed = userNotification.safeParse({ ...json, recipients }, options);
    yield;
    if (parsed.success) {
      message ??= parsed.data;
      runs.push(parsed.data.recipients);
      continue;
    }
    for (const { path, message } of parsed.error.issues) {
      const [field, index, ...rest] = path;
      const isOfRecipient = field === "recipients" && typeof index === "number";
      // A fault of the message itself is found again with each run.
      if (!isOfRecipient && from > 0) continue;
      issues.push({ message, path: isOfRecipient ? [field, index + from, ...rest] : path });
    }
  }
  return message !== undefined && issues.length === 0
    ? ok({ ...message, recipients: runs.flat() })
    : refuse(issues);
}
