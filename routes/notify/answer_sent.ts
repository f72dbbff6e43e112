import type { AppContext } from "../http/context.ts";
import type { Sent } from "../../application/sending/send_notification.ts";

/** Answers an accepted request, or gives the answer to an earlier one again and says so. */
export function answerSent(c: AppContext, { answer, notificationId, replayed }: Sent): Response {
  if (notificationId !== undefined) c.get("facts").notificationId = notificationId;
  if (replayed) c.header("Idempotent-Replayed", "true");
  return c.body(answer, 201, { "Content-Type": "application/json" });
}
