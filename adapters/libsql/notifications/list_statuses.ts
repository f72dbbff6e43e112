/** How the notifications of a status are found, so that a list of a rare status does not read all others. */
import type { Status } from "../../../domain/notification/status.ts";

/** Every notification with such a status has a row in the outbox. */
export const STATUSES_IN_OUTBOX: readonly Status[] = ["created", "sending", "pending"];

/** Every notification with such a status has an entry in the index `notifications_of_status`. */
export const STATUSES_BY_INDEX: readonly Status[] = [
  "sent",
  "temporary-failure",
  "permanent-failure",
  "technical-failure",
  "cancelled",
  "expired",
];
