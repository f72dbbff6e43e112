/** What each page of messages, lists, replies and recipients shows, for the accessibility test. */
import assert from "node:assert/strict";
import { openDatabase } from "../../adapters/libsql/connection/database.ts";
import { idBytes } from "../../adapters/libsql/connection/row.ts";
import { createRetention } from "../../adapters/libsql/notifications/retention.ts";
import { DAY_MS } from "../../domain/time/durations.ts";
import type { Page } from "npm:playwright-core@1.64.1";
import { PAGES, pathOf } from "../../routes/web/pages.ts";
import { waitFor } from "../support/process.ts";
import { sendMessages, type SentMessages } from "./sent_messages.ts";
import { assertFaultless, clickToLoad, type WebVisit } from "./web_visit.ts";

/** The visitor of the pages. */
interface MessageTour {
  readonly visit: WebVisit;
  /** The demo user, signed in. */
  readonly demo: Page;
  readonly serviceId: string;
}

type MessageCase = ((tour: MessageTour) => Promise<void>) | undefined;

/** The id of a message that retention would have deleted. */
const OLD_ID = "01800000-0000-7000-8000-000000000000";

/** The cases of these pages, run in the order of the table. */
export const MESSAGE_CASES = {
  messages: async (tour) => {
    await open(tour, PAGES.messages);
    await sentBy(tour);
    await open(tour, PAGES.messages);
    await search(tour.demo, "");
    await search(tour.demo, "07700 900123");
    await open(tour, PAGES.messages, {}, "?state=failed&channel=sms");
    // With its counts and its columns.
    await open(tour, PAGES.service);
  },
  messagesCsv: undefined,
  message: async (tour) => {
    const { sms, email } = await sentBy(tour);
    await open(tour, PAGES.message, { message_id: sms });
    await open(tour, PAGES.message, { message_id: email });
    await open(tour, PAGES.message, { message_id: OLD_ID }, "", 410);
    const { ended } = await sentBy(tour);
    await deleteContent(tour.visit.database, ended);
    await open(tour, PAGES.message, { message_id: ended });
    assert.equal(await tour.demo.locator("#content").count(), 0);
  },
  // A message's own HTML, which keeps none of the rules of the pages.
  messageContent: undefined,
  cancelMessage: async (tour) => {
    await open(tour, PAGES.cancelMessage, { message_id: (await sentBy(tour)).scheduled });
    await press(tour.demo);
  },
  resendMessage: async (tour) => {
    await open(tour, PAGES.resendMessage, { message_id: (await sentBy(tour)).sms });
  },
  suppressRecipient: async (tour) => {
    await open(tour, PAGES.suppressRecipient, { message_id: (await sentBy(tour)).email });
    await press(tour.demo);
  },
  replies: (tour) => open(tour, PAGES.replies),
  conversation: async (tour) => {
    await open(tour, PAGES.replies);
    await clickToLoad(tour.demo, tour.demo.locator('main a[href*="/replies/"]').first());
    await assertFaultless(tour.demo);
  },
  lists: (tour) => open(tour, PAGES.lists),
  suppressed: async (tour) => {
    await open(tour, PAGES.suppressed);
    await open(tour, PAGES.suppressed, {}, "?state=lifted");
  },
  suppressedCsv: undefined,
  liftSuppression: async (tour) => {
    const { suppression: suppression_id } = await sentBy(tour);
    await open(tour, PAGES.liftSuppression, { suppression_id });
    await press(tour.demo);
  },
  unsubscribed: (tour) => open(tour, PAGES.unsubscribed),
  unsubscribedCsv: undefined,
} as const satisfies Readonly<Partial<Record<keyof typeof PAGES, MessageCase>>>;

/** The messages of each visit, which are sent once. */
const sent = new WeakMap<WebVisit, Promise<SentMessages>>();

function sentBy({ visit, serviceId }: MessageTour): Promise<SentMessages> {
  const { hark: { url }, adminToken } = visit;
  const messages = sent.get(visit) ?? sendMessages({ url, adminToken, serviceId });
  sent.set(visit, messages);
  return messages;
}

/** Does what retention does when one message is old and no other. */
async function deleteContent(database: string, id: string): Promise<void> {
  const db = await openDatabase({ url: `file:${database}` });
  try {
    const now = Date.now() + 8 * DAY_MS;
    await waitFor("the message's end", async () => {
      const [found] = await db.read([{
        sql: "SELECT 1 FROM notifications WHERE id = ? AND status = 'delivered'",
        args: [idBytes(id)],
      }]);
      return found?.rows.length === 1;
    });
    await db.write([{
      sql: "UPDATE notifications SET completed_at = iif(id = ?1, completed_at, ?2)",
      args: [idBytes(id), now],
    }]);
    // One step deletes messages; later ones would delete the replies too.
    assert.ok(await createRetention(db).purge(now, 100) > 0);
  } finally {
    db.close();
  }
}

/** Opens a page of the service and checks what it shows. */
async function open(
  { visit, demo, serviceId }: MessageTour,
  page: typeof PAGES[keyof typeof PAGES],
  ids: Readonly<Record<string, string>> = {},
  query = "",
  status = 200,
): Promise<void> {
  const path = pathOf(page, { ...ids, service_id: serviceId });
  const answer = await demo.goto(`${visit.hark.url}${path}${query}`);
  assert.equal(answer?.status(), status, path);
  await assertFaultless(demo);
}

/** Searches for a recipient. Without one the page says so. */
async function search(page: Page, term: string): Promise<void> {
  const details = page.locator("main details:has(#term)");
  if (await details.getAttribute("open") === null) await details.locator("summary").click();
  await page.locator("#term").fill(term);
  await press(page, "main form:has(#term) button[type=submit]");
}

/** Presses a button that sends a form, the first of the page by default, and checks the answer. */
async function press(page: Page, button = "main form button[type=submit]"): Promise<void> {
  await clickToLoad(page, page.locator(button).first());
  await assertFaultless(page);
}
