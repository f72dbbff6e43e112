import type { InboxRef } from "../../../domain/inbox/inbox_message.ts";
import { inboxName, parseShard, shardOf } from "../../../domain/inbox/inbox_shards.ts";

const PREFIX = "/api/notifications/inbox/socket/";

/** Returns the path where an inbox's events come by a WebSocket. It names the shard, not the person. */
export function socketPathOf(inbox: InboxRef): string {
  return PREFIX + shardOf(inboxName(inbox));
}

/** Returns the shard that a path of {@link socketPathOf} names; `undefined` for another path. */
export function readSocketPath(path: string): number | undefined {
  return path.startsWith(PREFIX) ? parseShard(path.slice(PREFIX.length)) : undefined;
}
