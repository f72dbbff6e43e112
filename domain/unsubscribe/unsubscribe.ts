import type { NotificationId } from "../ids.ts";
import type { Notification } from "../notification/notification.ts";
import { DAY_MS } from "../time/durations.ts";

/** How long a link in an e-mail can be used: a year from when the message was accepted. */
const LINK_VALID_MS = 365 * DAY_MS;
/**
 * How long a recipient's request to unsubscribe is kept for the service to read, in milliseconds. Retention then
 * deletes it. Hark itself never blocks messages because of a request.
 */
export const REQUESTS_KEPT_MS = 90 * DAY_MS;

/**
 * Whether the links in a notification can still be used: for a year after it was accepted, which its id begins with.
 *
 * @param now epoch milliseconds
 */
export function isLinkInTime(id: NotificationId, now: number): boolean {
  const acceptedAt = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return now <= acceptedAt + LINK_VALID_MS;
}

/**
 * The one-click unsubscribe URL of an e-mail: the one in the request, or else Hark's own when the template has the
 * link.
 *
 * @param root the address of this deployment, ending in a slash
 * @returns `null` when there is neither
 */
export function unsubscribeUrl(
  { id, personal }: Pick<Notification, "id" | "personal">,
  root: string,
): string | null {
  if (personal.oneClickUnsubscribeUrl !== null) return personal.oneClickUnsubscribeUrl;
  const token = personal.unsubscribeToken;
  return token === undefined ? null : `${root}unsubscribe/${id}/${token}`;
}
