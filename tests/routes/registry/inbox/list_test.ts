import assert from "node:assert/strict";
import { MAX_LIMIT, MAX_OFFSET } from "../../../../routes/registry/inbox/query.ts";
import { startTestApplication } from "../../../support/application.ts";
import { bodyOf, movableClock, NO_ID, SECOND } from "../../support.ts";
import { assertProblem, COUNT, INBOX, storeMessage } from "./support.ts";

Deno.test("GET /api/notifications/inbox: the platform's five keys, then Hark's own, newest first", async () => {
  const clock = movableClock(Date.UTC(2022, 6, 29, 11, 8, 16, 999));
  await using hark = await startTestApplication({ registry: true, clock });
  const first = await storeMessage(hark, "citizen-1", { subject: "SUBJECT", body: "Some content" });
  clock.advance(SECOND);
  const second = await storeMessage(hark, "citizen-1", { subject: "Ї", body: "&lt;b&gt;" });
  const citizen = hark.citizen("citizen-1");
  await citizen("POST", `${INBOX}/${first}/ack`);
  const response = await citizen("GET", INBOX);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("vary"), "Accept-Language");
  assert.equal(
    await response.text(),
    JSON.stringify([
      {
        id: second,
        subject: "Ї",
        message: "&lt;b&gt;",
        isAcknowledged: false,
        createdAt: "2022-07-29 11:08:17",
        createdAtIso: "2022-07-29T11:08:17.999Z",
        text: "<b>",
      },
      {
        id: first,
        subject: "SUBJECT",
        message: "Some content",
        isAcknowledged: true,
        createdAt: "2022-07-29 11:08:16",
        createdAtIso: "2022-07-29T11:08:16.999Z",
        text: "Some content",
      },
    ]),
  );
});

Deno.test("GET /api/notifications/inbox: belongs to the claim RECIPIENT_ID, or else sub", async () => {
  await using hark = await startTestApplication({ registry: true });
  const own = await hark.putMessage("citizen-1");
  await hark.putMessage("citizen-2");
  const idsOf = async (sub: string, claims?: Readonly<Record<string, unknown>>) =>
    (await bodyOf(await hark.citizen(sub, claims)("GET", INBOX), 200))
      .map(({ id }: { readonly id: string }) => id);
  assert.deepEqual(await idsOf("citizen-1"), [own]);
  assert.deepEqual(await idsOf("somebody", { RECIPIENT_ID: "citizen-1" }), [own]);
  assert.deepEqual(await idsOf("citizen-1", { RECIPIENT_ID: "nobody" }), []);
  assert.deepEqual(await idsOf("Citizen-1"), [], "ids are case-sensitive");
});

Deno.test("GET /api/notifications/inbox: pages of ten by default, by offset or after an id", async () => {
  await using hark = await startTestApplication({ registry: true });
  const ids: string[] = [];
  for (let i = 0; i < 12; i++) ids.unshift(await hark.putMessage("citizen-1"));
  const citizen = hark.citizen("citizen-1");
  const page = async (query: string) =>
    (await bodyOf(await citizen("GET", INBOX + query), 200, query))
      .map(({ id }: { readonly id: string }) => id);
  assert.deepEqual(await page(""), ids.slice(0, 10));
  assert.deepEqual(await page("?limit=10&offset=0"), ids.slice(0, 10));
  assert.deepEqual(await page("?offset=10"), ids.slice(10));
  assert.deepEqual(await page("?limit=1"), ids.slice(0, 1));
  assert.deepEqual(await page(`?limit=${MAX_LIMIT}`), ids);
  assert.deepEqual(await page(`?offset=${MAX_OFFSET}`), []);
  assert.deepEqual(await page(`?after=${ids[3]}&limit=2`), ids.slice(4, 6));
  assert.deepEqual(await page(`?after=${ids[3]?.toUpperCase()}`), ids.slice(4));
  assert.deepEqual(await page(`?after=${NO_ID}`), []);
  assert.deepEqual(await page("?sort=desc(endTime)&limit=1&x=1&x=2"), ids.slice(0, 1));
  await citizen("POST", `${INBOX}/${ids[0]}/ack`);
  assert.deepEqual(await page("?unread=true&limit=2"), ids.slice(1, 3));
  assert.deepEqual(await page(`?unread=true&limit=2&after=${ids[1]}`), ids.slice(2, 4));
  assert.deepEqual(await page("?unread=false&limit=2"), ids.slice(0, 2));
});

const NO_LIMIT = "must be a whole number, 1 to 100";
const NO_OFFSET = "must be a whole number, 0 to 1000000";
const REFUSED: readonly (readonly [string, string, string])[] = [
  ["limit=0", "limit", NO_LIMIT],
  [`limit=${MAX_LIMIT + 1}`, "limit", NO_LIMIT],
  ["limit=-1", "limit", NO_LIMIT],
  ["limit=", "limit", NO_LIMIT],
  ["limit=ten", "limit", NO_LIMIT],
  ["limit=1.5", "limit", NO_LIMIT],
  ["limit=1e1", "limit", NO_LIMIT],
  ["limit=%2B1", "limit", NO_LIMIT],
  ["limit=%D9%A1", "limit", NO_LIMIT],
  ["limit=99999999999999999999", "limit", NO_LIMIT],
  ["limit=1&limit=2", "limit", "may be given once"],
  ["offset=-1", "offset", NO_OFFSET],
  [`offset=${MAX_OFFSET + 1}`, "offset", NO_OFFSET],
  ["offset=", "offset", NO_OFFSET],
  ["offset=NaN", "offset", NO_OFFSET],
  ["offset=0&offset=0", "offset", "may be given once"],
  ["after=", "after", "must be the id of a message, a UUID"],
  ["after=1'--", "after", "must be the id of a message, a UUID"],
  [`after=${NO_ID}&after=${NO_ID}`, "after", "may be given once"],
  [`after=${NO_ID}&offset=0`, "offset", "must not be given together with after"],
  ["unread=", "unread", "must be true or false"],
  ["unread=1", "unread", "must be true or false"],
  ["unread=TRUE", "unread", "must be true or false"],
];

Deno.test("GET /api/notifications/inbox: 400 with the field for an invalid query", async () => {
  await using hark = await startTestApplication({ registry: true });
  const citizen = hark.citizen("citizen-1");
  for (const [query, field, message] of REFUSED) {
    const answer = await citizen("GET", `${INBOX}?${query}`);
    const { details } = await assertProblem(answer, "400 BAD_REQUEST", query);
    assert.deepEqual(details, { errors: [{ field, message }] }, query);
  }
  const many = await citizen("GET", `${INBOX}?limit=0&offset=-1&unread=x`);
  const { details } = await assertProblem(many, "400 BAD_REQUEST");
  assert.equal(JSON.stringify(details).match(/"field"/g)?.length, 3);
  const both = await bodyOf(await citizen("GET", `${INBOX}?after=x&offset=0`), 400);
  const fields = both.details.errors.map(({ field }: { field: string }) => field);
  assert.deepEqual(fields, ["after", "offset"]);
});

Deno.test("GET /api/notifications/inbox: the requested language when the message has it", async () => {
  await using hark = await startTestApplication({ registry: true });
  await hark.putMessage("citizen-1", { subject: "plain", body: "plain" });
  await hark.putMessage("citizen-1", {
    subject: "default",
    body: "default",
    localised: {
      uk: { subject: "Книга", body: "Поверніть" },
      de: { subject: "Buch", body: "Zurück" },
    },
  });
  const citizen = hark.citizen("citizen-1");
  const path = `/manage/services/${hark.registryServiceId}`;
  await bodyOf(await hark.manage("PATCH", path, { language: "en" }), 200);
  const read = async (acceptLanguage: string) => {
    const response = await citizen("GET", INBOX, undefined, { "accept-language": acceptLanguage });
    const [newest] = await bodyOf(response, 200);
    return [newest.subject, newest.message, response.headers.get("content-language")];
  };
  assert.deepEqual(await read("uk-UA,uk;q=0.9,en;q=0.7"), ["Книга", "Поверніть", "uk"]);
  assert.deepEqual(await read("fr,uk;q=0.1,de;q=0.2"), ["Buch", "Zurück", "de"]);
  const [german, plain] = await bodyOf(
    await citizen("GET", INBOX, undefined, { "accept-language": "de" }),
    200,
  );
  assert.deepEqual([german.language, plain.language], ["de", undefined]);
  assert.deepEqual(await read("fr"), ["default", "default", null]);
  assert.deepEqual(await read("en, uk;q=0.5"), ["default", "default", null], "it is in English");
  await bodyOf(await hark.manage("PATCH", path, { language: "uk" }), 200);
  assert.deepEqual(await read("uk"), ["Книга", "Поверніть", "uk"]);
  assert.deepEqual(await read("en, de;q=0.5"), ["Buch", "Zurück", "de"]);
});

Deno.test("GET /api/notifications/inbox/count: counts all and unread messages", async () => {
  await using hark = await startTestApplication({ registry: true });
  const citizen = hark.citizen("citizen-1");
  const count = async () => await (await citizen("GET", COUNT)).text();
  assert.equal(await count(), '{"total":0,"unread":0}');
  const id = await hark.putMessage("citizen-1");
  await hark.putMessage("citizen-1");
  await hark.putMessage("citizen-2");
  assert.equal(await count(), '{"total":2,"unread":2}');
  await citizen("POST", `${INBOX}/${id}/ack`);
  assert.equal(await count(), '{"total":2,"unread":1}');
});
