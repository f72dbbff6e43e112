/** How the notifications of a status are found, so that a list of a rare status reads no others. */
import { type Status, STATUSES } from "../../../domain/notification/status.ts";

/** Notifications with these statuses have a row in the outbox, where they are found. */
export const STATUSES_IN_OUTBOX: readonly Status[] = ["created", "sending", "pending"];

/** Notifications with these statuses are found by scanning: most have one. */
const STATUSES_SCANNED: readonly Status[] = ["delivered"];

/** Notifications with these statuses have an entry in an index. */
export const STATUSES_BY_INDEX: readonly Status[] = STATUSES.filter((status) =>
  !STATUSES_IN_OUTBOX.includes(status) && !STATUSES_SCANNED.includes(status)
);
