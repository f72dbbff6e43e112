import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { V2Answer } from "../notify/v2/errors.ts";

/** The statuses after which a retry may succeed, the sooner one first. */
const RETRYABLE_STATUSES = [503, 429] as const;

/**
 * The status of a message of which no notification was accepted. When a retry may succeed for any notification, it is a
 * retryable status with the longest wait among these; otherwise 403 for a service that may not send, or 400.
 *
 * @param answers the answer to each notification
 */
export function statusWhenNoneAccepted(
  answers: readonly Pick<V2Answer, "status" | "retryAfterS">[],
): { readonly status: ContentfulStatusCode; readonly retryAfterS?: number } {
  for (const status of RETRYABLE_STATUSES) {
    const waits = answers.flatMap((answer) =>
      answer.status === status ? [answer.retryAfterS ?? 0] : []
    );
    if (waits.length === 0) continue;
    const retryAfterS = Math.max(...waits);
    return { status, ...(retryAfterS === 0 ? {} : { retryAfterS }) };
  }
  return { status: answers.some(({ status }) => status === 403) ? 403 : 400 };
}
