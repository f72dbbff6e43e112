import { type FileSlot, LINK_KEY_BYTES } from "../../domain/files/link.ts";
import type { FileLinkContext } from "../../domain/files/plan_files.ts";
import type { DocumentId, ServiceId } from "../../domain/ids.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { DocumentStore } from "../../domain/ports/document_store.ts";

/** Keeps the runtime alive for work that continues after the answer. */
export type WaitUntil = (work: Promise<unknown>) => void;

/**
 * The files that one request sends by e-mail, as links. A request may be evaluated several times; each file still has
 * one link and is stored once.
 */
export interface RequestFileLinks {
  /**
   * Returns what links to `count` files are composed of: a random id and key for each. `undefined` when the deployment
   * does not store files.
   */
  context(count: number): FileLinkContext | undefined;
  /**
   * Stores the plan's files before the notification that references them is accepted ("staged"). It does nothing when
   * an earlier evaluation of the request did so.
   */
  stage(plan: Plan): Promise<void>;
  /**
   * Deletes the staged files that no accepted notification references, without delaying the answer. Call it when the
   * request was refused or replayed. Errors are ignored: retention deletes such files later.
   */
  deleteUnclaimed(waitUntil: WaitUntil): void;
}

/** Creates the file links of one request. @param root the URL that links begin with, ending in a slash */
export type OpenFileLinks = (root: string) => RequestFileLinks;

/** Returns the function that creates a request's file links. @param documents `undefined` when files are not stored */
export function createFileLinks(
  clock: Clock,
  documents: DocumentStore | undefined,
): OpenFileLinks {
  return (root) => {
    const slots: FileSlot[] = [];
    let staged: { readonly serviceId: ServiceId; readonly ids: readonly DocumentId[] } | undefined;
    return {
      context(count) {
        if (documents === undefined) return undefined;
        while (slots.length < count) slots.push(newSlot(clock));
        return { root, slots: slots.slice(0, count) };
      },
      async stage({ notification, documents: planned }) {
        if (documents === undefined || planned.length === 0 || staged !== undefined) return;
        const { serviceId, personal, createdAt } = notification;
        staged = { serviceId, ids: planned.map(({ id }) => id) };
        await documents.stage(serviceId, personal.recipient, planned, createdAt);
      },
      deleteUnclaimed(waitUntil) {
        if (documents === undefined || staged === undefined) return;
        waitUntil(documents.deleteUnclaimed(staged.serviceId, staged.ids).catch(() => {}));
      },
    };
  };
}

function newSlot(clock: Clock): FileSlot {
  const key = crypto.getRandomValues(new Uint8Array(LINK_KEY_BYTES));
  return {
    documentId: clock.newId() as DocumentId,
    key: key.toBase64({ alphabet: "base64url", omitPadding: true }),
  };
}
