import type { NotificationId } from "../ids.ts";
import type { Notification } from "../notification/notification.ts";
import { DAY_MS } from "../time/durations.ts";

/** How long a link in an e-mail can be used: a year from when the message was accepted. */
const LINK_VALID_MS = 365 * DAY_MS;
/** How long a request to unsubscribe is kept. */
export const REQUESTS_KEPT_MS = 90 * DAY_MS;

/** Whether the links of a notification can still be used. Its id begins with the time of its accept. */
export function isLinkInTime(id: NotificationId, now: number): boolean {
  const acceptedAt = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return now <= acceptedAt + LINK_VALID_MS;
}

/**
 * The one-click unsubscribe URL of an e-mail: the one in the request, or else our own when the template has the link.
 *
 * @param root the address of this deployment, ending in a slash
 */
export function unsubscribeUrl(
  { id, personal }: Pick<Notification, "id" | "personal">,
  root: string,
): string | null {
  if (personal.oneClickUnsubscribeUrl !== null) return personal.oneClickUnsubscribeUrl;
  const token = personal.unsubscribeToken;
  return token === undefined ? null : `${root}unsubscribe/${id}/${token}`;
}
