import type { JobId, ListDraftId, ServiceId } from "../ids.ts";
import type { ListDraft } from "../jobs/list_draft.ts";
import type { SheetRow } from "./read_sheet.ts";

/** Stores the lists that people have uploaded and not sent yet. Retention deletes them after a day. */
export interface ListDraftStore {
  /**
   * Stores a chunk of a list's rows, encrypted, before the list itself.
   *
   * @param number the chunk's number, from 0
   * @param rows one or more, in order; `MAX_CHUNK_ROWS` and `MAX_CHUNK_LENGTH` bound a chunk
   */
  stage(
    serviceId: ServiceId,
    id: ListDraftId,
    number: number,
    rows: readonly SheetRow[],
    now: number,
  ): Promise<void>;
  /** Stores a list whose chunks are stored, and deletes the person's oldest in the service beyond `MAX_LIST_DRAFTS`. */
  create(draft: ListDraft): Promise<void>;
  /** Stores the options and the check of a list anew. Changes nothing when it is gone. */
  update(draft: ListDraft): Promise<void>;
  /**
   * Returns a list with the job that was made of it and not withdrawn, if there is one.
   *
   * @param keyHash the idempotency key that such a job has
   * @returns `undefined` when the service has no such list
   */
  get(
    serviceId: ServiceId,
    id: ListDraftId,
    keyHash: string,
  ): Promise<{ readonly draft: ListDraft; readonly jobId: JobId | undefined } | undefined>;
  /** The rows of a chunk; empty when it is gone. */
  readChunk(
    serviceId: ServiceId,
    id: ListDraftId,
    number: number,
  ): Promise<readonly SheetRow[]>;
  /** A row by its number in a spreadsheet; `undefined` when the list has no such row. */
  findRow(serviceId: ServiceId, id: ListDraftId, row: number): Promise<SheetRow | undefined>;
  /** Deletes the chunks of a list that was not stored. */
  discard(serviceId: ServiceId, id: ListDraftId): Promise<void>;
}
