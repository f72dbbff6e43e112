import assert from "node:assert/strict";
import { expandStatuses, STATUSES_IN_QUERY } from "../../../domain/notify_v2/status_filter.ts";
import { parseFlatQuery, parseListQuery } from "../../../domain/notify_v2/query.ts";
import { isUri } from "../../../domain/notify_v2/uri.ts";

Deno.test("parseListQuery: keeps repeated statuses and types, and the first value of other keys", () => {
  const query =
    "status=created&status=sent&template_type=sms&reference=a&reference=b&older_than=&page=1";
  assert.deepEqual(parseListQuery(new URLSearchParams(query)), {
    status: ["created", "sent"],
    template_type: ["sms"],
    reference: "a",
    older_than: "",
    page: ["1"],
  });
});

Deno.test("parseFlatQuery: keeps the first value, and any name as an own key", () => {
  const query = parseFlatQuery(new URLSearchParams("type=sms&type=email&__proto__=x"));
  assert.deepEqual(Object.entries(query), [["type", "sms"], ["__proto__", "x"]]);
});

Deno.test("expandStatuses: replaces groups, and returns each status once", () => {
  assert.deepEqual(expandStatuses(["accepted", "created", "received"]), [
    "created",
    "sending",
    "delivered",
  ]);
  assert.deepEqual(expandStatuses([]), []);
  assert.deepEqual(expandStatuses(["constructor"]), ["constructor"]);
});

Deno.test("expandStatuses: never returns a group", () => {
  const expanded = expandStatuses(STATUSES_IN_QUERY);
  for (const umbrella of ["failed", "accepted", "received"]) {
    assert.ok(!expanded.includes(umbrella));
  }
});

const URIS: readonly (readonly [string, boolean])[] = [
  ["https://www.example.com/unsub?x=1#y", true],
  ["https://user:p@[::1]:80/a/%20/..", true],
  ["https:", true],
  ["https:a", true],
  ["https://", true],
  ["https", false],
  ["//a.com", false],
  ["https://exa mple.com", false],
  ["https://a.com/%2", false],
  ["https://a.com/é", false],
  ["https://a.com:x", false],
  ["https://a.com/[", false],
  ["https://a.com\n", false],
  ["", false],
];

for (const [text, expected] of URIS) {
  Deno.test(`isUri: ${JSON.stringify(text)} is ${expected}`, () =>
    assert.equal(isUri(text), expected));
}
