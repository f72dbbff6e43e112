/** Shards of inboxes. A Durable Object listens for the changes of many inboxes: those of one object are a shard. */
import { personText } from "../recipient/realm.ts";
import type { InboxRef } from "./inbox_message.ts";

/**
 * How many objects share the inboxes. A send to many people calls each object, so more objects are more calls. Fewer
 * objects have more sockets each.
 */
export const INBOX_SHARDS = 16;

/** Returns the name of an inbox, different for each: its service's id, which has no spaces, and its person. */
export function inboxName(inbox: InboxRef): string {
  return `${inbox.serviceId} ${personText(inbox)}`;
}

/** Returns the shard of an inbox by its {@link inboxName}: 0 to {@link INBOX_SHARDS} - 1, by the hash FNV-1a. */
export function shardOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
  }
  // The low bits of FNV-1a depend on few characters.
  return ((hash ^ (hash >>> 16)) >>> 0) % INBOX_SHARDS;
}

/** Parses a shard's number in decimal digits. @returns `undefined` when there is no such shard */
export function parseShard(text: string): number | undefined {
  return /^(?:0|[1-9][0-9]?)$/.test(text) && Number(text) < INBOX_SHARDS ? Number(text) : undefined;
}
