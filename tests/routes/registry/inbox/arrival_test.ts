import assert from "node:assert/strict";
import { MessageList, toMessage, toMessages } from "../../../../routes/inbox_element/messages.js";
import { startRegistry } from "../support.ts";
import { bodyOf, callAt, DAY, HOUR, movableClock, NOON } from "../../support.ts";
import { INBOX, readEvents, STREAM } from "./support.ts";

const PATH = "/v2/notifications/inbox";
const at = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 19).replace("T", " ");

interface Told {
  readonly id: string;
  readonly createdAt: string;
}

/** The application with a recipient's stream and an open portal, on a clock that the test moves. */
async function startArrivals() {
  const clock = movableClock(NOON);
  const hark = await startRegistry({ clock });
  await hark.publish("inbox:hello", "Hello");
  const key = await hark.newKey();
  const { templates } = await bodyOf(await callAt(hark, clock, key, "GET", "/v2/templates"), 200);
  const template_id = templates[0].id;
  const citizen = hark.citizen("olena");
  return {
    clock,
    hark,
    citizen,
    async send(fields: Readonly<Record<string, unknown>> = {}): Promise<string> {
      const body = { template_id, recipient_id: "olena", ...fields };
      return (await bodyOf(await callAt(hark, clock, key, "POST", PATH, body), 201)).id;
    },
    list: async (query = ""): Promise<readonly Told[]> =>
      await bodyOf(await hark.citizen("olena")("GET", INBOX + query), 200),
  };
}

Deno.test("GET /api/notifications/inbox: a scheduled message comes first once it is delivered, with that time", async () => {
  const { hark, clock, send, list } = await startArrivals();
  await using _ = hark;
  const tomorrows = await send({ scheduled_for: new Date(NOON + DAY).toISOString() });
  clock.advance(HOUR);
  const todays = await send();
  await hark.settle();
  assert.deepEqual((await list()).map(({ id }) => id), [todays]);
  clock.advance(DAY);
  await hark.settle();
  const listed = (await list()).map(({ id, createdAt }) => [id, createdAt]);
  assert.deepEqual(listed, [
    [tomorrows, at(NOON + HOUR + DAY)],
    [todays, at(NOON + HOUR)],
  ]);
  const ids = async (query: string) => (await list(query)).map(({ id }) => id);
  assert.deepEqual(await ids(`?after=${tomorrows}`), [todays]);
  assert.deepEqual(await ids(`?after=${todays}`), []);
  assert.deepEqual(await ids("?unread=true&limit=1"), [tomorrows]);
});

Deno.test("GET /api/notifications/inbox/stream and <hark-inbox>: messages in the order of the list", async () => {
  const { hark, clock, send, list, citizen } = await startArrivals();
  await using _ = hark;
  const first = await send();
  await hark.settle();
  const portal = new MessageList();
  portal.merge(toMessages(await list()), true);
  const later = new Date(NOON + HOUR).toISOString();
  const [one, two] = [await send({ scheduled_for: later }), await send()];
  await hark.settle();
  clock.advance(HOUR);
  const three = await send();
  await hark.settle();
  await using reader = readEvents(
    await citizen("GET", STREAM, undefined, { "last-event-id": "1" }),
  );
  for (const { event, data } of await reader.upTo("count")) {
    const message = event === "message" ? toMessage(data) : undefined;
    if (message !== undefined) portal.arrive(message);
  }
  const listed = await list();
  assert.deepEqual(portal.shown, listed);
  const ids = listed.map(({ id }) => id);
  assert.deepEqual(ids.slice(2), [two, first]);
  assert.deepEqual(new Set(ids.slice(0, 2)), new Set([one, three]));
});
