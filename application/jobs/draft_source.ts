/** The rows of a list that a person has uploaded: kept while they are read, and read again from the store. */
import type { ListDraftId, ServiceId } from "../../domain/ids.ts";
import { MAX_CHUNK_LENGTH, MAX_CHUNK_ROWS } from "../../domain/jobs/job.ts";
import type { ListDraft } from "../../domain/jobs/list_draft.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ListDraftStore } from "../../domain/ports/list_draft_store.ts";
import type { SheetRow } from "../../domain/ports/read_sheet.ts";
import { ok } from "../../domain/result.ts";
import { UploadError } from "./upload_error.ts";
import type { RecipientSource } from "./recipient_source.ts";

/** A source whose rows are kept while they are read. */
export interface KeptRows {
  readonly source: RecipientSource;
  /** Stores the last chunk. Call it when the source has been read to its end. */
  finish(): Promise<Pick<ListDraft, "headings" | "headingRow" | "chunks">>;
}

/** Keeps the rows below the headings in chunks, encrypted, while a source is read. */
export function keepRows(
  { drafts, clock }: {
    readonly drafts: Pick<ListDraftStore, "stage">;
    readonly clock: Pick<Clock, "now">;
  },
  source: RecipientSource,
  serviceId: ServiceId,
  id: ListDraftId,
): KeptRows {
  let headings: SheetRow | undefined;
  let rows: SheetRow[] = [];
  let length = 0;
  let chunks = 0;

  async function stage(): Promise<void> {
    if (rows.length === 0) return;
    await drafts.stage(serviceId, id, chunks++, rows, clock.now());
    rows = [];
    length = 0;
  }

  async function add(row: SheetRow): Promise<void> {
    if (headings === undefined) {
      headings = row;
      return;
    }
    rows.push(row);
    for (const cell of row.cells) length += cell.length;
    if (rows.length >= MAX_CHUNK_ROWS || length >= MAX_CHUNK_LENGTH) await stage();
  }

  return {
    source: {
      ...source,
      async *rows(signal) {
        for await (const batch of source.rows(signal)) {
          if (batch.ok) { for (const row of batch.value) await add(row); }
          yield batch;
        }
      },
    },
    async finish() {
      await stage();
      return { headings: headings?.cells ?? [], headingRow: headings?.row ?? 1, chunks };
    },
  };
}

/**
 * Creates a source of the rows of a list that is stored. Reading one whose rows are gone throws an {@link UploadError}.
 */
export function draftSource(
  drafts: Pick<ListDraftStore, "readChunk">,
  draft: Pick<
    ListDraft,
    "serviceId" | "id" | "chunks" | "headings" | "headingRow" | "facts" | "fileHash" | "fileName"
  >,
): RecipientSource {
  return {
    fileName: draft.fileName ?? undefined,
    async *rows(signal) {
      yield ok([{ row: draft.headingRow, cells: draft.headings }]);
      for (let number = 0; number < draft.chunks; number++) {
        signal.throwIfAborted();
        const rows = await drafts.readChunk(draft.serviceId, draft.id, number);
        if (rows.length === 0) throw new UploadError({ kind: "interrupted" });
        yield ok(rows);
      }
    },
    facts: () => draft.facts,
    drain: () => Promise.resolve(),
    hash: () => Promise.resolve(draft.fileHash),
  };
}
