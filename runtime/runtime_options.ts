import type { BlobStore } from "../domain/ports/blob_store.ts";
import type { Mailbox } from "../domain/ports/mailbox.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { InboxDemo } from "../routes/inbox_element/app.tsx";
import type { Log } from "../domain/ports/log.ts";

/** Runtime dependencies of the application. Tests override them. */
export interface RuntimeOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** The header in which the platform reports the client's address, where connections do not. */
  readonly clientAddressHeader?: string;
  /** Makes the calls to providers and key servers. */
  readonly fetch?: typeof fetch;
  /** Where sandboxes put messages; its pages are served when it is present. */
  readonly mailbox?: Mailbox;
  /** Where files that are sent by e-mail are kept; defaults to the configured folder, if there is one. */
  readonly blobs?: BlobStore | undefined;
  /** Whether no request may wait for a fetch that another request started, as on Workers. */
  readonly fetchPerCall?: boolean;
  /** Ends open streams when aborted. On Workers no signal may be shared between requests. */
  readonly stopping?: AbortSignal;
  /** A demo citizen's inbox, in development. */
  readonly demo?: InboxDemo | undefined;
  /** Returns commands that send a first message, for the mailbox's page; `root` ends in a slash. */
  readonly firstSteps?: ((root: string) => string) | undefined;
}
