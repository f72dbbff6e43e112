import { createPlural, type PluralForms } from "./plural.ts";

const plural = (forms: PluralForms) => createPlural("en", forms);

/** The English texts of the overview's counts, of lists, replies and suppressed recipients. */
export const EN_OUTCOMES = {
  chart: {
    delivered: "Delivered",
    other: "On the way or sent",
    failed: "Failed",
    asTable: "The same as a table",
    day: "Day",
  },
  jobStatuses: {
    pending: "Starting",
    scheduled: "Planned",
    "ready to send": "Waits for its start",
    "in progress": "Being sent",
    finished: "All handed over",
    cancelled: "Cancelled",
    "sending limits exceeded": "Over a limit",
    error: "Stopped by a fault",
  },
  outcomes: {
    totals: "Messages",
    period: "Period",
    today: "Today",
    days: plural({ one: "Last {n} day", other: "Last {n} days" }),
    sent: "Sent",
    delivered: "Delivered",
    failed: "Failed",
    scheduled: (n: string) => `Waiting for a later time: ${n}`,
    utc: "Days are counted in UTC.",
    tooMany:
      "There are too many counts to add up for the whole time. The statistics of the API have them.",
    byDay: "Messages by day",
    why: "Why messages failed in the last 30 days",
    reason: "Reason",
    whatToDo: "What to do",
    number: "Messages",
    running: "Lists that run",
    progress: (accepted: string, rows: string) => `${accepted} of ${rows}`,
    templates: "Templates used in the last 7 days",
    replies: (n: string) => `Replies in the last 7 days: ${n}`,
    used: (used: string, limit: string) => `${used} of today’s ${limit} are used.`,
    limits: {
      sms: "Text messages",
      international_sms: "Text messages to other countries",
      email: "Emails",
      inbox: "Inbox messages",
      diia: "Diia messages",
    },
  },
} as const;
