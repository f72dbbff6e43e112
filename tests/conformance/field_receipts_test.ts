/**
 * Public bug reports about receipts (delivery reports), each tried over HTTP as it was reported: the first final status
 * was kept though a later report had the truth. Each name begins with where it was reported.
 */
import assert from "node:assert/strict";
import {
  type Fixture,
  lastEmail,
  lastText,
  passTime,
  send,
  statusesOf,
  withProviders,
} from "../routes/receipts/support.ts";
import { test } from "../support/runner.ts";

interface Case {
  readonly report: string;
  readonly what: string;
  readonly channel: "sms" | "email";
  /** What comes in, and the status on /v2 after each step. */
  readonly steps: readonly (readonly [(fixture: Fixture) => Promise<unknown>, string])[];
}

const CASES: readonly Case[] = [
  {
    report: "cds-snc/notification-api#1295",
    what: "Postmark Delivery, then Bounce HardBounce Inactive=true: permanent-failure",
    channel: "email",
    steps: [
      [(fixture) => fixture.postmark.deliver(lastEmail(fixture)), "delivered"],
      [
        (fixture) =>
          fixture.postmark.bounce(lastEmail(fixture), { type: "HardBounce", inactive: true }),
        "permanent-failure",
      ],
      // The report of the delivery is repeated.
      [(fixture) => fixture.postmark.deliver(lastEmail(fixture)), "permanent-failure"],
    ],
  },
  {
    report: "department-of-veterans-affairs/notification-api#1977",
    what: "no receipt for 72 h, then Twilio delivered: delivered",
    channel: "sms",
    steps: [
      [passTime, "temporary-failure"],
      [(fixture) => fixture.twilio.report(lastText(fixture), "delivered"), "delivered"],
      [
        (fixture) => fixture.twilio.report(lastText(fixture), "undelivered", { errorCode: 30003 }),
        "delivered",
      ],
    ],
  },
  {
    report: "cds-snc/notification-api#1918",
    what: "Postmark SoftBounce, then HardBounce: permanent-failure",
    channel: "email",
    steps: [
      [
        (fixture) => fixture.postmark.bounce(lastEmail(fixture), { type: "SoftBounce" }),
        "temporary-failure",
      ],
      [
        (fixture) => fixture.postmark.bounce(lastEmail(fixture), { type: "HardBounce" }),
        "permanent-failure",
      ],
      [
        (fixture) => fixture.postmark.bounce(lastEmail(fixture), { type: "SoftBounce" }),
        "permanent-failure",
      ],
    ],
  },
];

for (const { report, what, channel, steps } of CASES) {
  test.inside(`${report}: ${what}`, async () => {
    await withProviders(async (fixture) => {
      const id = await send(fixture, channel);
      for (const [step, status] of steps) {
        await step(fixture);
        assert.equal((await statusesOf(fixture, id))[0], status);
      }
    });
  });
}
