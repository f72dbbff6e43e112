import type { BlobStore } from "../domain/ports/blob_store.ts";
import type { Mailbox } from "../domain/ports/mailbox.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { InboxDemo } from "../routes/inbox_element/app.tsx";
import type { Log } from "../domain/ports/log.ts";

/** What of the world a Hark is given; tests give their own. */
export interface RuntimeOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** The way to the providers. */
  readonly fetch?: typeof fetch;
  /** What the sandboxes put in; its pages are served when it is there. */
  readonly mailbox?: Mailbox;
  /** Where files that are sent by e-mail are kept; the folder of the configuration, if it names one. */
  readonly blobs?: BlobStore | undefined;
  /** Whether no request may wait for what another has begun to fetch, as on Workers. */
  readonly fetchPerCall?: boolean;
  /** Ends what would otherwise stay open: streams. On Workers none may be shared between requests. */
  readonly stopping?: AbortSignal;
  /** A demo citizen's inbox, in development. */
  readonly demo?: InboxDemo | undefined;
  /** Gives commands that send a first message, for the mailbox's page; `root` ends in a slash. */
  readonly firstSteps?: ((root: string) => string) | undefined;
}

/** The log of a process: a line of JSON each. */
export const writeLog: Log = (entry) =>
  console.log(JSON.stringify({ at: new Date().toISOString(), ...entry }));
