import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { V2Answer } from "../notify/v2/errors.ts";

/** The statuses that say that a repetition may be accepted, the sooner one first. */
const WORTH_REPEATING = [503, 429] as const;

/**
 * The status of a message of which nothing was accepted: one that asks for a repetition where any part may then be
 * accepted, and how long the longest such wait is; else that of a service that sends nothing, or 400.
 *
 * @param answers each notification's own
 */
export function statusWhenNoneAccepted(
  answers: readonly Pick<V2Answer, "status" | "retryAfterS">[],
): { readonly status: ContentfulStatusCode; readonly retryAfterS?: number } {
  for (const status of WORTH_REPEATING) {
    const waits = answers.flatMap((one) => one.status === status ? [one.retryAfterS ?? 0] : []);
    if (waits.length === 0) continue;
    const retryAfterS = Math.max(...waits);
    return { status, ...(retryAfterS === 0 ? {} : { retryAfterS }) };
  }
  return { status: answers.some(({ status }) => status === 403) ? 403 : 400 };
}
