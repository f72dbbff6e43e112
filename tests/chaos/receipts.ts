/** How the providers of a run report: once, twice, out of order, or not at all, so that Hark has to ask. */
import type { Providers } from "../conformance/providers.ts";

/** The receipts that a provider sends of one message. */
const RECEIPT_COURSES = ["once", "twice", "out-of-order", "lost"] as const;

/** One of {@link RECEIPT_COURSES}. */
export type ReceiptCourse = typeof RECEIPT_COURSES[number];

/** Chooses a course. @param random returns a number in [0, 1) */
export function chooseReceipts(random: () => number): ReceiptCourse {
  return RECEIPT_COURSES[Math.floor(random() * RECEIPT_COURSES.length)] ?? "once";
}

/** Reports on the messages of a run. */
export interface Reporter {
  /** Reports `delivered` for each copy that is new at the providers, and again what was not answered with 200. */
  report(): Promise<void>;
}

/**
 * Creates a reporter.
 *
 * @param choose the course of each copy
 */
export function createReporter(
  { twilio, postmark }: Pick<Providers, "twilio" | "postmark">,
  choose: () => ReceiptCourse,
): Reporter {
  type Send = () => Promise<readonly number[]>;
  let waiting: Send[] = [];
  let [texts, emails] = [0, 0];

  function schedule(course: ReceiptCourse, send: (times: number) => Send, earlier: Send): void {
    if (course === "lost") return;
    waiting.push(send(course === "twice" ? 2 : 1));
    // A report of an earlier state that arrives after the last.
    if (course === "out-of-order") waiting.push(earlier);
  }

  return {
    async report() {
      for (const { sid } of twilio.accepted.slice(texts)) {
        texts++;
        twilio.settle(sid, "delivered");
        schedule(
          choose(),
          (times) => () => twilio.report(sid, "delivered", { times }),
          async () => {
            const statuses = await twilio.report(sid, "sent");
            twilio.settle(sid, "delivered");
            return statuses;
          },
        );
      }
      for (const { MessageID } of postmark.accepted.slice(emails)) {
        emails++;
        postmark.settle(MessageID, "Delivered");
        schedule(
          choose(),
          (times) => () => postmark.deliver(MessageID, { times }),
          () => postmark.deliver(MessageID),
        );
      }
      const failed: Send[] = [];
      for (const send of waiting) {
        const statuses = await send().catch((): readonly number[] => []);
        if (statuses.length === 0 || statuses.some((status) => status !== 200)) failed.push(send);
      }
      waiting = failed;
    },
  };
}
