import { type FileSlot, LINK_KEY_BYTES } from "../../domain/files/link.ts";
import type { FileLinkContext } from "../../domain/files/plan_files.ts";
import type { DocumentId, ServiceId } from "../../domain/ids.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { DocumentStore } from "../../domain/ports/document_store.ts";

/** Keeps the runtime alive for work that continues after the answer. */
export type WaitUntil = (work: Promise<unknown>) => void;

/** The files of one request. Links and uploads are made once, however often the request is evaluated. */
export interface RequestFileLinks {
  /** The link context of the request's files; `undefined` when the deployment does not store files. */
  context(count: number): FileLinkContext | undefined;
  /** Stages the plan's documents, unless an earlier evaluation has. */
  stage(plan: Plan): Promise<void>;
  /**
   * Deletes, after the answer, the staged documents that no accepted notification references. Retention deletes those
   * that cannot be deleted now.
   */
  deleteUnclaimed(waitUntil: WaitUntil): void;
}

/** Starts the files of one request. @param root the address that links begin with, ending in a slash */
export type OpenFileLinks = (root: string) => RequestFileLinks;

/** Creates the file links of requests. @param documents `undefined` when the deployment does not store files */
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
