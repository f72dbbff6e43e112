/**
 * Recipients with a special meaning: those that decide the outcome of a test key's message, and those of smoke tests.
 *
 * Source: `app/celery/research_mode_tasks.py` and `app/config.py` of GOV.UK Notify's API.
 */
import type { Channel } from "../service/service.ts";

/** The simulated outcome of a message that a test key sends. */
export type SimulatedOutcome = "delivered" | "temporary-failure" | "permanent-failure";

interface MagicRecipients {
  /** Whether the recipient must end with the text, or equal it. */
  readonly match: "ending" | "whole";
  readonly outcomes: Readonly<Record<string, SimulatedOutcome>>;
}

/** The recipients that make a test key's message fail. */
const SIMULATED_OUTCOMES = {
  sms: {
    match: "ending",
    outcomes: { "7700900003": "temporary-failure", "7700900002": "permanent-failure" },
  },
  email: {
    match: "whole",
    outcomes: {
      "temp-fail@simulator.notify": "temporary-failure",
      "perm-fail@simulator.notify": "permanent-failure",
    },
  },
  inbox: { match: "whole", outcomes: {} },
  diia: { match: "whole", outcomes: {} },
} as const satisfies Record<Channel, MagicRecipients>;

/** The recipients of smoke tests, normalised. A request to one of them is answered, but nothing is stored or sent. */
export const SMOKE_TEST_RECIPIENTS = {
  sms: ["447700900000", "447700900111", "447700900222"],
  email: [
    "simulate-delivered@notifications.service.gov.uk",
    "simulate-delivered-2@notifications.service.gov.uk",
    "simulate-delivered-3@notifications.service.gov.uk",
  ],
  inbox: [],
  diia: [],
} as const satisfies Record<Channel, readonly string[]>;

/**
 * The simulated outcome of a message that a test key sends: failure for the recipients that stand for it, otherwise
 * `delivered`. Nothing is sent to a provider.
 *
 * @param asSupplied the recipient as the caller wrote it. Blanks at its ends are ignored; other blanks and the case of
 * an e-mail address matter.
 */
export function simulatedOutcome(channel: Channel, asSupplied: string): SimulatedOutcome {
  const { match, outcomes }: MagicRecipients = SIMULATED_OUTCOMES[channel];
  const recipient = asSupplied.trim();
  for (const [magic, outcome] of Object.entries(outcomes)) {
    if (match === "ending" ? recipient.endsWith(magic) : recipient === magic) return outcome;
  }
  return "delivered";
}

/** Whether a normalised recipient is one of the smoke tests' recipients. */
export function isSmokeTestRecipient(channel: Channel, normalised: string): boolean {
  const recipients: readonly string[] = SMOKE_TEST_RECIPIENTS[channel];
  return recipients.includes(normalised);
}
