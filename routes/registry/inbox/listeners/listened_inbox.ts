/** The sockets of one inbox: brings each up to date after a change, one read at a time. */
import { runInSlices } from "../../../../application/event_loop.ts";
import type { InboxChanges, InboxCount, InboxRef } from "../../../../domain/inbox/inbox_message.ts";
import type { Clock } from "../../../../domain/ports/clock.ts";
import type { InboxStore } from "../../../../domain/ports/inbox_store.ts";
import { eventsSinceInSteps, OPENING } from "../events.ts";
import type { Presenter } from "../present.ts";
import { UNKNOWN_SEQUENCE } from "../sequence.ts";
import { STREAM_BATCH } from "../stream.ts";
import { MAX_CATCH_UP_PAGES, SAFETY_POLL_MS } from "./limits.ts";
import type { KnownInbox, ListenerSocket } from "./socket_state.ts";

/** The dependencies of {@link createListenedInbox}. */
export interface ListenedInboxPorts {
  readonly clock: Pick<Clock, "now" | "random">;
  readonly inboxes: Pick<InboxStore, "changesSince">;
  /** Creates the presenter of a client's language. */
  readonly presenterOf: (language: string) => Promise<Presenter>;
  /** Called when the inbox could not be read. Its sockets may have missed changes, and are to be closed. */
  readonly onFailure: (sockets: readonly ListenerSocket[], error: unknown) => void;
}

/** A socket that follows an inbox. */
export interface Follower {
  readonly socket: ListenerSocket;
  readonly language: string;
  readonly expiresAt: number;
  /** The sequence number of its last event; `undefined` when it had none before it connected. */
  sequence: number | undefined;
  /** The counts of its last event; `undefined` before the first. */
  count: InboxCount | undefined;
  /** Pages that it has been sent to catch up. */
  pages: number;
}

/** An inbox that sockets follow, or followed a moment ago. */
export interface ListenedInbox {
  readonly inbox: InboxRef;
  readonly followers: Map<ListenerSocket, Follower>;
  /** The inbox at its last read; `undefined` when it has changed since. */
  known: KnownInbox | undefined;
  /** Notes that the inbox has changed. */
  change(): void;
  /** Sends every follower what it has not got. Never rejects. */
  update(): Promise<void>;
}

/** @param known the inbox as its followers know it; `undefined` when it was not read yet */
export function createListenedInbox(
  { clock, inboxes, presenterOf, onFailure }: ListenedInboxPorts,
  inbox: InboxRef,
  known: KnownInbox | undefined,
): ListenedInbox {
  const followers = new Map<ListenerSocket, Follower>();
  let changes = 0;
  let updating: Promise<void> | undefined;

  /** The followers that need the same read; empty when all are up to date. */
  function nextGroup(): readonly Follower[] {
    const behind = [...followers.values()].filter(({ sequence, count }) =>
      listened.known === undefined || count === undefined || sequence !== listened.known.sequence
    );
    const [first] = behind;
    return behind.filter((follower) =>
      follower.sequence === first?.sequence &&
      (follower.count === undefined) === (first?.count === undefined)
    );
  }

  async function readSince(since: number | undefined): Promise<InboxChanges> {
    const { known } = listened;
    if (known !== undefined && (since === undefined || since === known.sequence)) {
      return { ...known, changes: [], more: false };
    }
    const before = changes;
    const page = await inboxes.changesSince(inbox, since, STREAM_BATCH);
    if (!page.more && before === changes) {
      const pollAt = clock.now() + SAFETY_POLL_MS * (0.75 + clock.random() / 2);
      listened.known = { sequence: page.sequence, count: page.count, pollAt };
    }
    return page;
  }

  async function serve(group: readonly Follower[]): Promise<void> {
    const since = group[0]?.sequence;
    const page = await readSince(since);
    const texts = new Map<string, string>();
    for (const { language } of group) {
      if (texts.has(language)) continue;
      const presenter = await presenterOf(language);
      texts.set(language, await runInSlices(eventsSinceInSteps(since, page, presenter)));
    }
    for (const follower of group) {
      if (followers.has(follower.socket)) take(follower, page, texts.get(follower.language) ?? "");
    }
  }

  function take(follower: Follower, page: InboxChanges, text: string): void {
    const { socket, count, sequence } = follower;
    const isNew = count === undefined;
    const isChanged = isNew || page.sequence !== sequence || count.total !== page.count.total ||
      count.unread !== page.count.unread;
    follower.count = page.count;
    follower.pages = page.more ? follower.pages + 1 : 0;
    follower.sequence = follower.pages > MAX_CATCH_UP_PAGES ? UNKNOWN_SEQUENCE : page.sequence;
    if (isChanged && !sendTo(socket, (isNew ? OPENING : "") + text)) {
      return void followers.delete(socket);
    }
    if (listened.known === undefined || listened.known.sequence !== follower.sequence) return;
    const { language, expiresAt } = follower;
    socket.serializeAttachment({
      kind: "listening",
      inbox,
      language,
      expiresAt,
      known: listened.known,
    });
  }

  async function updateAll(): Promise<void> {
    try {
      for (let group = nextGroup(); group.length > 0; group = nextGroup()) await serve(group);
    } catch (error) {
      listened.known = undefined;
      onFailure([...followers.keys()], error);
    } finally {
      updating = undefined;
    }
  }

  const listened: ListenedInbox = {
    inbox,
    followers,
    known,
    change() {
      changes++;
      listened.known = undefined;
    },
    // Begun later: its end clears `updating`, which is set here.
    update: () => updating ??= Promise.resolve().then(updateAll),
  };
  return listened;
}

/** @returns whether it could be sent: a socket that is about to close refuses */
function sendTo(socket: ListenerSocket, text: string): boolean {
  try {
    socket.send(text);
    return true;
  } catch {
    return false;
  }
}
