/**
 * Recipients that mean something by themselves: those that give a test key a certain outcome, and those that smoke
 * tests send to.
 *
 * Source: `app/celery/research_mode_tasks.py` and `app/config.py` of GOV.UK Notify's API.
 */
import type { Channel } from "../service/service.ts";

/** How a message sent with a test key ends. */
export type SimulatedOutcome = "delivered" | "temporary-failure" | "permanent-failure";

interface MagicRecipients {
  /** Whether the recipient need only end so, or must be equal. */
  readonly match: "ending" | "whole";
  readonly outcomes: Readonly<Record<string, SimulatedOutcome>>;
}

/** The recipients that make a test key's message fail. */
export const SIMULATED_OUTCOMES = {
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

/** Recipients, normalised, for which a request is answered and nothing else happens. */
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
 * What becomes of a message that a test key sends.
 *
 * @param asSupplied the recipient as the caller wrote it: blanks at its ends do not count, those within do, and so
 * does the case of an e-mail address
 */
export function simulatedOutcome(channel: Channel, asSupplied: string): SimulatedOutcome {
  const { match, outcomes }: MagicRecipients = SIMULATED_OUTCOMES[channel];
  const recipient = asSupplied.trim();
  for (const [magic, outcome] of Object.entries(outcomes)) {
    if (match === "ending" ? recipient.endsWith(magic) : recipient === magic) return outcome;
  }
  return "delivered";
}

/** Whether a normalised recipient is one of those that smoke tests send to. */
export function isSmokeTestRecipient(channel: Channel, normalised: string): boolean {
  const recipients: readonly string[] = SMOKE_TEST_RECIPIENTS[channel];
  return recipients.includes(normalised);
}
