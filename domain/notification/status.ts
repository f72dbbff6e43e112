import type { ReceiptKind } from "../delivery/receipt.ts";
import type { Channel } from "../service/service.ts";

/** Where a notification stands. The words are GOV.UK Notify's. */
export const STATUSES = [
  "created",
  "sending",
  "pending",
  "sent",
  "delivered",
  "temporary-failure",
  "permanent-failure",
  "technical-failure",
  // Not handed over: it was called off, or its time was over.
  "cancelled",
  "expired",
] as const;
export type Status = typeof STATUSES[number];

/**
 * The moves that a status allows. What is not here cannot happen, so a late, repeated or forged receipt can
 * never take a notification back.
 */
export const MOVES = {
  created: [
    "sending",
    "pending",
    "sent",
    "delivered",
    "temporary-failure",
    "permanent-failure",
    "technical-failure",
    "cancelled",
    "expired",
  ],
  sending: [
    "pending",
    "sent",
    "delivered",
    "temporary-failure",
    "permanent-failure",
    "technical-failure",
  ],
  pending: ["delivered", "temporary-failure", "permanent-failure", "technical-failure"],
  sent: ["delivered", "temporary-failure", "permanent-failure", "technical-failure"],
  delivered: [],
  "temporary-failure": [],
  "permanent-failure": [],
  "technical-failure": [],
  cancelled: [],
  expired: [],
} as const satisfies Record<Status, readonly Status[]>;

/** Whether a notification that stands at `from` may move to `to`. */
export function mayMove(from: Status, to: Status): boolean {
  const moves: readonly Status[] = MOVES[from];
  return moves.includes(to);
}

/** The statuses from which a notification may move to `to`, in the order of {@link STATUSES}. */
export function movesInto(to: Status): readonly Status[] {
  return STATUSES.filter((from) => mayMove(from, to));
}

/** Whether nothing can follow `status`. */
export function isFinal(status: Status): boolean {
  return MOVES[status].length === 0;
}

/** The statuses that nothing can follow. */
export const FINAL_STATUSES: readonly Status[] = STATUSES.filter(isFinal);

/** The statuses that set `completed_at` (facts: "completed"). */
export const COMPLETED_STATUSES: readonly Status[] = ["sent", ...FINAL_STATUSES];

/**
 * The status that a receipt asks for; `undefined` where it says something beside the status: a complaint and
 * an unsubscription are recorded and leave the status as it is.
 */
export const RECEIPT_STATUS = {
  sending: "sending",
  sent: "sent",
  delivered: "delivered",
  "temporary-failure": "temporary-failure",
  "permanent-failure": "permanent-failure",
  "technical-failure": "technical-failure",
  complaint: undefined,
  unsubscribed: undefined,
} as const satisfies Record<ReceiptKind, Status | undefined>;

/** The words of the 2016 API (the seed): `sent`, `delivered`, `failed`, `complaint`, `bounce`. */
export const WORDS_2016 = {
  created: "sent",
  sending: "sent",
  pending: "sent",
  sent: "sent",
  delivered: "delivered",
  "temporary-failure": "failed",
  "permanent-failure": "failed",
  "technical-failure": "failed",
  cancelled: "failed",
  expired: "failed",
} as const satisfies Record<Status, string>;

/** The failures of an e-mail that are its recipient's server's. */
const BOUNCES: readonly Status[] = ["temporary-failure", "permanent-failure"];

/** The 2016 word for a notification; a complaint shows there whatever the status is. */
export function word2016(status: Status, channel: Channel, complained: boolean): string {
  if (complained) return "complaint";
  return channel === "email" && BOUNCES.includes(status) ? "bounce" : WORDS_2016[status];
}
