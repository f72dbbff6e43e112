/** Statuses that stand for others when messages are asked for by status (facts/notify.md 1.7). */
const EXPANSIONS = {
  failed: [
    "technical-failure",
    "temporary-failure",
    "permanent-failure",
    "validation-failed",
    "virus-scan-failed",
    "returned-letter",
  ],
  accepted: ["created", "sending"],
  received: ["delivered"],
} as const satisfies Partial<Record<StatusInQuery, readonly StatusInQuery[]>>;

/** The statuses that a list of messages may be asked for by, in the order in which the peer names them. */
export const STATUSES_IN_QUERY = [
  "cancelled",
  "created",
  "sending",
  "sent",
  "delivered",
  "pending",
  "failed",
  "technical-failure",
  "temporary-failure",
  "permanent-failure",
  "pending-virus-check",
  "validation-failed",
  "virus-scan-failed",
  "returned-letter",
  "accepted",
  "received",
] as const;
export type StatusInQuery = typeof STATUSES_IN_QUERY[number];

/** Those that the peer does not know. */
export const OWN_STATUSES_IN_QUERY = ["expired"] as const;
export type OwnStatusInQuery = typeof OWN_STATUSES_IN_QUERY[number];

/**
 * The statuses that an asked-for list covers: umbrellas replaced by what they stand for, each once, in the
 * order asked. A word that is no umbrella stands for itself; nothing asked covers nothing.
 */
export function expandStatuses(asked: readonly string[]): readonly string[] {
  return [
    ...new Set(asked.flatMap((status) => isUmbrella(status) ? EXPANSIONS[status] : [status])),
  ];
}

function isUmbrella(status: string): status is keyof typeof EXPANSIONS {
  return Object.hasOwn(EXPANSIONS, status);
}
