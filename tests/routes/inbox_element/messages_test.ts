import assert from "node:assert/strict";
import {
  MessageList,
  PAGE_SIZE,
  PREVIEW_LENGTH,
  previewOf,
  timeOf,
  toCount,
  toMessages,
} from "../../../routes/inbox_element/messages.js";
import { test } from "../../support/runner.ts";

const message = (n: number, isAcknowledged = false) => ({
  id: String(n),
  subject: `Subject ${n}`,
  message: "",
  isAcknowledged,
  createdAt: "2022-07-29 11:08:16",
});

/** Messages from one number down to another. */
const from = (first: number, last: number) =>
  Array.from({ length: first - last + 1 }, (_, at) => message(first - at));

const ids = (list: MessageList) => list.shown.map(({ id }: { id: string }) => Number(id));
const range = (first: number, last: number) => from(first, last).map(({ id }) => Number(id));

/** A list of a hundred messages, of which two pages are shown. */
function twoPages() {
  const list = new MessageList();
  list.merge(from(100, 81), false);
  list.append(from(80, 61), "81");
  return list;
}

test.inside("MessageList.merge: keeps older pages below an overlapping first page", () => {
  const list = twoPages();
  const newer = list.merge(from(103, 84), false);
  assert.deepEqual(ids(list), range(103, 61));
  assert.deepEqual(newer, from(103, 101));
  assert.equal(list.hasMore, true);
});

test.inside("MessageList.merge: leaves no gap where the first page no longer overlaps", () => {
  const list = twoPages();
  list.merge(from(200, 181), false);
  assert.deepEqual(ids(list), range(200, 181));
});

test.inside("MessageList.merge: drops older pages when it replaces the list", () => {
  const list = twoPages();
  list.merge(from(100, 81), true);
  assert.deepEqual(ids(list), range(100, 81));
});

test.inside("MessageList.merge: keeps messages that arrived while the page was loading", () => {
  const list = twoPages();
  list.beginLoad();
  assert.equal(list.arrive(message(101)), true);
  assert.equal(list.arrive(message(101)), false);
  list.merge(from(100, 81), false);
  assert.deepEqual(ids(list), range(101, 61));
  list.beginLoad();
  list.merge(from(100, 81), false);
  assert.deepEqual(ids(list), range(100, 61));
});

test.inside("MessageList.merge: keeps messages read that were read meanwhile", () => {
  const list = twoPages();
  list.mark(["100"], true);
  list.merge(from(100, 81), false);
  assert.equal(list.unread.length, 39);
  list.mark(["100"], false);
  list.merge(from(100, 81), false);
  assert.equal(list.unread.length, 40);
});

test.inside("MessageList.merge: keeps an open message in its place among the unread", () => {
  const list = new MessageList();
  list.unreadOnly = true;
  list.merge(from(5, 1), false);
  list.open.add("3");
  list.open.add("5");
  list.mark(["3", "4", "5"], true);
  list.merge([message(6), message(2), message(1)], false);
  assert.deepEqual(ids(list), [6, 5, 3, 2, 1]);
});

test.inside("MessageList.append: returns undefined for a page after another cursor", () => {
  const list = twoPages();
  assert.equal(list.append(from(80, 61), "81"), undefined);
  assert.deepEqual(list.append(from(60, 51), "61"), from(60, 51));
  assert.equal(list.hasMore, false);
});

test.inside("MessageList.hasMore: goes by the last page and the total", () => {
  const list = new MessageList();
  list.merge(from(PAGE_SIZE, 1), false);
  assert.equal(list.hasMore, true);
  list.count = { total: PAGE_SIZE, unread: 0 };
  assert.equal(list.hasMore, false);
  list.count = { total: PAGE_SIZE + 1, unread: 0 };
  assert.equal(list.hasMore, true);
  list.merge(from(PAGE_SIZE - 1, 1), false);
  assert.equal(list.hasMore, false);
});

test.inside("MessageList.fitsCount: is false when an event was missed", () => {
  const list = new MessageList();
  list.merge([message(3), message(2), message(1, true)], false);
  const fits = (total: number, unread: number) => {
    list.count = { total, unread };
    return list.fitsCount;
  };
  assert.equal(list.fitsCount, true);
  assert.equal(fits(3, 2), true);
  assert.equal(fits(3, 1), false);
  assert.equal(fits(3, 3), false);
  assert.equal(fits(4, 2), false);
  assert.equal(fits(2, 2), false);
  list.unreadOnly = true;
  assert.equal(fits(9, 2), true);
});

test.inside("toMessages: skips invalid messages and throws for a value that is not a list", () => {
  assert.deepEqual(toMessages([message(1), null, 7, {}, { id: 1 }, { id: "2" }]), [
    message(1),
    { id: "2", subject: "", message: "", isAcknowledged: false, createdAt: "" },
  ]);
  assert.throws(() => toMessages({}), TypeError);
});

test.inside("toCount: accepts whole numbers only", () => {
  assert.deepEqual(toCount({ total: 3, unread: 1, more: 1 }), { total: 3, unread: 1 });
  for (const count of [undefined, null, {}, { total: -1, unread: 0 }, { total: "1", unread: 0 }]) {
    assert.equal(toCount(count), undefined);
  }
});

test.inside("MessageList.arrive: puts the latest arrival on top, whatever its id and time", () => {
  const list = twoPages();
  const at = (n: number, second: number) => ({
    ...message(n),
    createdAt: `2022-07-29 11:09:0${second}`,
  });
  for (const message of [at(103, 1), at(7, 1), at(101, 0), at(105, 2)]) list.arrive(message);
  assert.deepEqual(ids(list), [105, 101, 7, 103, ...range(100, 61)]);
});

test.inside("toMessages: keeps the text, and takes the HTML from html where message is text", () => {
  const fields = { ...message(1), createdAtIso: "2022-07-29T11:08:16.000Z", text: "a <b>" };
  const [asHtml, asText] = toMessages([
    { ...fields, message: "a &lt;b&gt;" },
    { ...fields, message: "a <b>", html: "a &lt;b&gt;" },
  ]);
  assert.deepEqual(asHtml, { ...fields, message: "a &lt;b&gt;" });
  assert.deepEqual(asText, asHtml);
});

test.inside("timeOf: reads the time with its zone, else the platform's, which is UTC; undefined for neither", () => {
  const createdAt = "2022-07-29 11:08:16";
  assert.equal(timeOf({ createdAt })?.toISOString(), "2022-07-29T11:08:16.000Z");
  const createdAtIso = "2022-07-29T11:08:16.999Z";
  assert.equal(timeOf({ createdAt, createdAtIso })?.toISOString(), createdAtIso);
  assert.equal(timeOf({ createdAt: "" }), undefined);
});

test.inside("previewOf: is the first words on one line, cut at its maximum length between characters", () => {
  assert.equal(
    previewOf(" Dear Ann,\n\nyour\tpassport\u00a0is ready. "),
    "Dear Ann, your passport is ready.",
  );
  assert.equal(previewOf(""), "");
  for (const letter of ["a", "Ї", "🎉"]) {
    assert.equal(previewOf(letter.repeat(PREVIEW_LENGTH)), letter.repeat(PREVIEW_LENGTH));
    assert.equal(
      previewOf(letter.repeat(PREVIEW_LENGTH + 1)),
      `${letter.repeat(PREVIEW_LENGTH - 1)}…`,
    );
  }
  assert.equal(previewOf(`${"word ".repeat(100)}`).length <= PREVIEW_LENGTH, true);
});
