import assert from "node:assert/strict";
import { createInboxEvents } from "../../adapters/inbox_events.ts";
import type { ServiceId } from "../../domain/ids.ts";

const inboxOf = (recipientId: string, service = "1") => ({
  serviceId: service as ServiceId,
  recipientId,
});

Deno.test("InboxEvents.publish: calls the subscribers of that inbox until they unsubscribe", () => {
  const inboxEvents = createInboxEvents();
  const heard: string[] = [];
  const hear = (name: string) => () => void heard.push(name);
  const stopA = inboxEvents.subscribe(inboxOf("a"), hear("a"));
  const stopAgain = inboxEvents.subscribe(inboxOf("a"), hear("a again"));
  inboxEvents.subscribe(inboxOf("b"), hear("b"));
  inboxEvents.subscribe(inboxOf("a", "2"), hear("elsewhere"));
  inboxEvents.publish(inboxOf("a"));
  inboxEvents.publish(inboxOf("nobody"));
  assert.deepEqual(heard.splice(0), ["a", "a again"]);
  stopA();
  stopA();
  inboxEvents.publish(inboxOf("a"));
  assert.deepEqual(heard.splice(0), ["a again"]);
  stopAgain();
  inboxEvents.publish(inboxOf("a"));
  assert.deepEqual(heard, []);
});

Deno.test("InboxEvents.subscribe: one function can subscribe twice and unsubscribe each separately", () => {
  const inboxEvents = createInboxEvents();
  let rings = 0;
  const hear = () => void rings++;
  const stop = inboxEvents.subscribe(inboxOf("a"), hear);
  inboxEvents.subscribe(inboxOf("a"), hear);
  inboxEvents.publish(inboxOf("a"));
  assert.equal(rings, 2);
  stop();
  inboxEvents.publish(inboxOf("a"));
  assert.equal(rings, 3);
});

Deno.test("InboxEvents.subscribe: works after the last subscriber has unsubscribed", () => {
  const inboxEvents = createInboxEvents();
  const stop = inboxEvents.subscribe(inboxOf("a"), () => {});
  stop();
  let rings = 0;
  inboxEvents.subscribe(inboxOf("a"), () => void rings++);
  stop();
  inboxEvents.publish(inboxOf("a"));
  assert.equal(rings, 1);
});

Deno.test("InboxEvents.publish: reports every inbox, subscribed or not", () => {
  const published: string[] = [];
  const inboxEvents = createInboxEvents(({ recipientId }) => published.push(recipientId));
  inboxEvents.subscribe(inboxOf("a"), () => published.push("subscriber"));
  inboxEvents.publish(inboxOf("a"));
  inboxEvents.publish(inboxOf("b"));
  assert.deepEqual(published, ["subscriber", "a", "b"]);
});
