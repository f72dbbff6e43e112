/** Statuses of the filter that stand for several others. */
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

/** The statuses that a list can be filtered by, in the order of GOV.UK Notify's message. */
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

/** The statuses that GOV.UK Notify does not have. */
export const OWN_STATUSES_IN_QUERY = ["expired"] as const;
export type OwnStatusInQuery = typeof OWN_STATUSES_IN_QUERY[number];

/**
 * The statuses that a filter covers, each once, in the order of the filter. A group is replaced by its statuses; every
 * other word stands for itself. An empty filter covers no status.
 */
export function expandStatuses(asked: readonly string[]): readonly string[] {
  return [
    ...new Set(asked.flatMap((status) => isUmbrella(status) ? EXPANSIONS[status] : [status])),
  ];
}

function isUmbrella(status: string): status is keyof typeof EXPANSIONS {
  return Object.hasOwn(EXPANSIONS, status);
}
