import { type FileSlot, LINK_KEY_BYTES } from "../../domain/files/link.ts";
import type { FileLinkContext } from "../../domain/files/plan_files.ts";
import type { DocumentId, ServiceId } from "../../domain/ids.ts";
import type { Plan } from "../../domain/sending/plan_notification.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { DocumentStore } from "../../domain/ports/document_store.ts";

/** The files of one request, through all of its judgements: links and uploads are made once. */
export interface RequestFileLinks {
  /** What its files are linked with; `undefined` where there is no place for them. */
  desk(count: number): FileLinkContext | undefined;
  /** Stores the plan's documents, unless an earlier judgement has. */
  store(plan: Plan): Promise<void>;
  /**
   * Deletes what was stored, where no accept took it up, after the answer. What cannot be deleted now is left to
   * retention.
   */
  deleteUnclaimed(waitUntil: (work: Promise<unknown>) => void): void;
}

/** Makes the files of one request. @param root the address in links, ending in a slash */
export type OpenFiles = (root: string) => RequestFileLinks;

/** @param documents `undefined` where there is no place for files */
export function createFileLinks(clock: Clock, documents: DocumentStore | undefined): OpenFiles {
  return (root) => {
    const slots: FileSlot[] = [];
    let stored: { readonly serviceId: ServiceId; readonly ids: readonly DocumentId[] } | undefined;
    return {
      desk(count) {
        if (documents === undefined) return undefined;
        while (slots.length < count) slots.push(newSlot(clock));
        return { root, slots: slots.slice(0, count) };
      },
      async store({ notification, documents: planned }) {
        if (documents === undefined || planned.length === 0 || stored !== undefined) return;
        const { serviceId, personal, createdAt } = notification;
        stored = { serviceId, ids: planned.map(({ id }) => id) };
        await documents.stage(serviceId, personal.recipient, planned, createdAt);
      },
      deleteUnclaimed(waitUntil) {
        if (documents === undefined || stored === undefined) return;
        waitUntil(documents.deleteUnclaimed(stored.serviceId, stored.ids).catch(() => {}));
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
