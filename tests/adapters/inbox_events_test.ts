import assert from "node:assert/strict";
import { createInboxEvents } from "../../adapters/inbox_events.ts";
import type { ServiceId } from "../../domain/ids.ts";

const inboxOf = (recipientId: string, service = "1") => ({
  serviceId: service as ServiceId,
  recipientId,
});

Deno.test("InboxEvents is heard by those who listen to that inbox, until they stop", () => {
  const bell = createInboxEvents();
  const heard: string[] = [];
  const hear = (name: string) => () => void heard.push(name);
  const stopA = bell.listen(inboxOf("a"), hear("a"));
  const stopAgain = bell.listen(inboxOf("a"), hear("a again"));
  bell.listen(inboxOf("b"), hear("b"));
  bell.listen(inboxOf("a", "2"), hear("elsewhere"));
  bell.ring(inboxOf("a"));
  bell.ring(inboxOf("nobody"));
  assert.deepEqual(heard.splice(0), ["a", "a again"]);
  stopA();
  stopA();
  bell.ring(inboxOf("a"));
  assert.deepEqual(heard.splice(0), ["a again"]);
  stopAgain();
  bell.ring(inboxOf("a"));
  assert.deepEqual(heard, []);
});

Deno.test("InboxEvents calls a function that listens twice twice, and stops each by itself", () => {
  const bell = createInboxEvents();
  let rings = 0;
  const hear = () => void rings++;
  const stop = bell.listen(inboxOf("a"), hear);
  bell.listen(inboxOf("a"), hear);
  bell.ring(inboxOf("a"));
  assert.equal(rings, 2);
  stop();
  bell.ring(inboxOf("a"));
  assert.equal(rings, 3);
});

Deno.test("InboxEvents does not miss who begins to listen after the last has stopped", () => {
  const bell = createInboxEvents();
  const stop = bell.listen(inboxOf("a"), () => {});
  stop();
  let rings = 0;
  bell.listen(inboxOf("a"), () => void rings++);
  stop();
  bell.ring(inboxOf("a"));
  assert.equal(rings, 1);
});
