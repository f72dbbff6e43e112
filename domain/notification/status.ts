import type { ReceiptKind } from "../delivery/receipt.ts";
import type { Channel } from "../service/service.ts";

/** One status: its moves, its effects and its words in each API. */
interface StatusRow<S extends string> {
  /** The statuses that may follow. A status without any is final: only a correction or a redrive can replace it. */
  readonly moves: readonly S[];
  /**
   * The statuses that may replace this final one, when a provider reports what became of the message after all. Which
   * of them does is decided by `statusAfter` in `domain/delivery/outcomes.ts`.
   */
  readonly corrections: readonly S[];
  /** The statuses to which the operator may put this final one back, so that the message is sent again. */
  readonly redrives: readonly S[];
  /** Whether reaching it sets `completed_at`. A status can be completed and not final, as `sent` is. */
  readonly completed: boolean;
  /** Whether reaching it leaves nothing to send, to poll or to wait for: the outbox row is deleted. */
  readonly leavesOutbox: boolean;
  /** The kind of receipt that moves a notification here; `undefined` when no receipt does. */
  readonly receipt: ReceiptKind | undefined;
  /** The status in the answers and filters of the `/v2` API. */
  readonly v2: string;
  /** The collective filter word of `GET /v2/notifications?status=` that includes it. */
  readonly v2Group: V2Group | undefined;
  /**
   * The status in the answers of the 2016 API (`/notifications`, the oldest API of GOV.UK Notify), for all channels but
   * e-mail.
   */
  readonly word2016: string;
  /** The status of an e-mail in the answers of the 2016 API. */
  readonly emailWord2016: string;
}

/** Filter words of `GET /v2/notifications?status=` that stand for several statuses. */
export type V2Group = "accepted" | "failed" | "received";

/**
 * The statuses, in the order in which the counts of a job list them. `docs/adding_a_status.md` has the steps of a new
 * one.
 */
const ROWS = {
  created: {
    moves: [
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
    corrections: [],
    redrives: [],
    completed: false,
    leavesOutbox: false,
    receipt: undefined,
    v2: "created",
    v2Group: "accepted",
    word2016: "sent",
    emailWord2016: "sent",
  },
  sending: {
    moves: [
      "pending",
      "sent",
      "delivered",
      "temporary-failure",
      "permanent-failure",
      "technical-failure",
    ],
    corrections: [],
    redrives: [],
    completed: false,
    leavesOutbox: false,
    receipt: "sending",
    v2: "sending",
    v2Group: "accepted",
    word2016: "sent",
    emailWord2016: "sent",
  },
  pending: {
    moves: ["delivered", "temporary-failure", "permanent-failure", "technical-failure"],
    corrections: [],
    redrives: [],
    completed: false,
    leavesOutbox: false,
    receipt: undefined,
    v2: "pending",
    v2Group: undefined,
    word2016: "sent",
    emailWord2016: "sent",
  },
  // GOV.UK Notify completes an international text as `sent`, Hark an e-mail over SMTP too; a receipt that comes nevertheless still counts.
  sent: {
    moves: ["delivered", "temporary-failure", "permanent-failure", "technical-failure"],
    corrections: [],
    redrives: [],
    completed: true,
    leavesOutbox: false,
    receipt: "sent",
    v2: "sent",
    v2Group: undefined,
    word2016: "sent",
    emailWord2016: "sent",
  },
  delivered: {
    moves: [],
    // The recipient's mail server took the e-mail, and returned it later.
    corrections: ["temporary-failure", "permanent-failure", "technical-failure"],
    redrives: [],
    completed: true,
    leavesOutbox: true,
    receipt: "delivered",
    v2: "delivered",
    v2Group: "received",
    word2016: "delivered",
    emailWord2016: "delivered",
  },
  "temporary-failure": {
    moves: [],
    // Also Hark's own time-out, `no-receipt`, which any provider's report replaces.
    corrections: ["delivered", "permanent-failure", "technical-failure"],
    redrives: [],
    completed: true,
    leavesOutbox: true,
    receipt: "temporary-failure",
    v2: "temporary-failure",
    v2Group: "failed",
    word2016: "failed",
    emailWord2016: "bounce",
  },
  "permanent-failure": {
    moves: [],
    corrections: ["delivered", "temporary-failure", "technical-failure"],
    redrives: [],
    completed: true,
    leavesOutbox: true,
    receipt: "permanent-failure",
    v2: "permanent-failure",
    v2Group: "failed",
    word2016: "failed",
    emailWord2016: "bounce",
  },
  "technical-failure": {
    moves: [],
    corrections: ["delivered", "temporary-failure", "permanent-failure"],
    // What failed for a reason that is mended by now: no provider, an account, a key.
    redrives: ["created"],
    completed: true,
    leavesOutbox: true,
    receipt: "technical-failure",
    v2: "technical-failure",
    v2Group: "failed",
    word2016: "failed",
    emailWord2016: "failed",
  },
  // Not sent: somebody cancelled it.
  cancelled: {
    moves: [],
    // An attempt that was reported as not sent turned out to have reached the provider.
    corrections: [
      "delivered",
      "temporary-failure",
      "permanent-failure",
      "technical-failure",
    ],
    redrives: [],
    completed: true,
    leavesOutbox: true,
    receipt: undefined,
    v2: "cancelled",
    v2Group: undefined,
    word2016: "failed",
    emailWord2016: "failed",
  },
  // Not sent: its `valid_until` had passed.
  expired: {
    moves: [],
    // As for `cancelled`.
    corrections: [
      "delivered",
      "temporary-failure",
      "permanent-failure",
      "technical-failure",
    ],
    redrives: [],
    completed: true,
    leavesOutbox: true,
    receipt: undefined,
    v2: "expired",
    v2Group: undefined,
    word2016: "failed",
    emailWord2016: "failed",
  },
} as const satisfies Record<string, StatusRow<string>>;

/** The state of a notification. Most of the words are GOV.UK Notify's. */
export type Status = keyof typeof ROWS;

/**
 * Every status with its moves, its corrections, its redrives and its words, one row a status. A change that is not listed cannot
 * happen: a late, repeated or forged receipt can never make a notification unfinished again. Only the operator can, by a redrive.
 */
export const STATUS_TABLE: Readonly<Record<Status, StatusRow<Status>>> = ROWS;

/** Every status, in the order of {@link STATUS_TABLE}. */
export const STATUSES: readonly Status[] = Object.keys(ROWS).filter(isStatus);

function isStatus(word: string): word is Status {
  return Object.hasOwn(ROWS, word);
}

/** Whether a notification with the status `from` may move to `to`. */
export function mayMove(from: Status, to: Status): boolean {
  return STATUS_TABLE[from].moves.includes(to);
}

/** Whether a provider's report may replace the final status `from` by `to`. */
export function mayCorrect(from: Status, to: Status): boolean {
  return STATUS_TABLE[from].corrections.includes(to);
}

/** Whether the operator may put the final status `from` back to `to`. */
export function mayRedrive(from: Status, to: Status): boolean {
  return STATUS_TABLE[from].redrives.includes(to);
}

/** The statuses from which a notification may move to `to`, in the order of {@link STATUSES}. */
export function movesInto(to: Status): readonly Status[] {
  return STATUSES.filter((from) => mayMove(from, to));
}

/** The final statuses: only a correction or a redrive can replace them. `sent` is completed, and not final. */
export const FINAL_STATUSES: readonly Status[] = STATUSES.filter((status) =>
  STATUS_TABLE[status].moves.length === 0
);

/** The completed statuses: reaching one sets the notification's `completed_at`. */
export const COMPLETED_STATUSES: readonly Status[] = STATUSES.filter((status) =>
  STATUS_TABLE[status].completed
);

/** The statuses that delete the notification's outbox row: nothing is left to send, to poll or to wait for. */
export const STATUSES_LEAVING_OUTBOX: readonly Status[] = STATUSES.filter((status) =>
  STATUS_TABLE[status].leavesOutbox
);

/**
 * The status that a receipt moves to. `undefined` for a complaint and an unsubscription, which are recorded
 * and leave the status as it is.
 */
export function statusOfReceipt(kind: ReceiptKind): Status | undefined {
  return STATUSES.find((status) => STATUS_TABLE[status].receipt === kind);
}

/**
 * The status of a notification in the 2016 API (`/notifications`, the oldest API of GOV.UK Notify). A complaint is
 * shown as `complaint`, instead of any status.
 */
export function word2016(status: Status, channel: Channel, complained: boolean): string {
  if (complained) return "complaint";
  const row = STATUS_TABLE[status];
  return channel === "email" ? row.emailWord2016 : row.word2016;
}
