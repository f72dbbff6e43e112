/** Stores lists that people have uploaded. Their rows are chunks in `job_parts`, as those of jobs are. */
import type { JobId, ListDraftId, ServiceId, TemplateId, UserId } from "../../../domain/ids.ts";
import { type ListDraft, MAX_LIST_DRAFTS } from "../../../domain/jobs/list_draft.ts";
import type { ListDraftStore } from "../../../domain/ports/list_draft_store.ts";
import type { SheetRow } from "../../../domain/ports/read_sheet.ts";
import type { Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import { blob, idBytes, integer, rowsOf, text, uuid, uuidOrNull } from "../connection/row.ts";
import { DATA_KEY_COLUMNS, dataKeyOf } from "../keys/keyring.ts";
import type { LibsqlContexts } from "../services/contexts.ts";
import { deleteChunks } from "./job_chunks.ts";
import { chunkAad } from "./job_rows.ts";

const INSERT_CHUNK = `INSERT INTO job_parts
    (service_id, job_id, number, first_row, last_row, created_at, data_key_id, sealed)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const INSERT_DRAFT = `INSERT INTO list_drafts
    (service_id, id, author_id, template_id, created_at, chunks, file_hash, data_key_id, sealed)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/**
 * Deletes the lists of a person (?2) in a service (?1) beyond the newest so many (?3). With the plus sign the key is
 * searched, and not the index of all services' lists by age.
 */
const DELETE_OLDEST = `DELETE FROM list_drafts WHERE service_id = ?1 AND id IN
    (SELECT id FROM list_drafts WHERE service_id = ?1 AND author_id = ?2
      ORDER BY +created_at DESC, id DESC LIMIT -1 OFFSET ?3)
  RETURNING id`;

const UPDATE_DRAFT = `UPDATE list_drafts SET data_key_id = ?3, sealed = ?4
  WHERE service_id = ?1 AND id = ?2`;

/** A list with the job of its idempotency key (?3). */
const SELECT_DRAFT = `SELECT l.*, ${DATA_KEY_COLUMNS},
    (SELECT j.id FROM jobs AS j WHERE j.service_id = ?1 AND j.key_hash = ?3) AS draft_job_id
  FROM list_drafts AS l
  CROSS JOIN data_keys AS d ON d.service_id = l.service_id AND d.id = l.data_key_id
  WHERE l.service_id = ?1 AND l.id = ?2`;

const SELECT_CHUNK = `SELECT p.number, p.sealed, ${DATA_KEY_COLUMNS} FROM job_parts AS p
  CROSS JOIN data_keys AS d ON d.service_id = p.service_id AND d.id = p.data_key_id
  WHERE p.service_id = ? AND p.job_id = ?`;

/** The parts of a list that are stored encrypted. */
type DraftSecrets = Pick<
  ListDraft,
  "fileName" | "headings" | "headingRow" | "facts" | "options" | "check"
>;

/** A row as it is stored. */
interface StoredRow {
  readonly row: number;
  readonly cells: readonly string[];
  readonly digits?: readonly (readonly [number, string])[];
}

/** Creates the store of lists that people have uploaded. */
export function createListDraftStore(
  { db, encryption, contexts }: {
    readonly db: Database;
    readonly encryption: Encryption;
    readonly contexts: LibsqlContexts;
  },
): ListDraftStore {
  async function encryptDraft(draft: ListDraft) {
    const key = await contexts.currentDataKey(draft.serviceId);
    const aad = draftAad(draft.serviceId, draft.id);
    return { keyId: key.id, sealed: await key.encrypt(secretsText(draft), aad) };
  }

  async function decryptRows(
    serviceId: ServiceId,
    id: ListDraftId,
    row: Row,
  ): Promise<readonly SheetRow[]> {
    const key = await dataKeyOf(encryption, serviceId, row);
    const stored: readonly StoredRow[] = JSON.parse(
      await key.decryptInBackground(
        blob(row, "sealed"),
        chunkAad(serviceId, id, integer(row, "number")),
      ),
    );
    return stored.map(({ digits, ...rest }) =>
      digits === undefined ? rest : { ...rest, digits: new Map(digits) }
    );
  }

  return {
    async stage(serviceId, id, number, rows, now) {
      const [first, last] = [rows.at(0), rows.at(-1)];
      if (first === undefined || last === undefined) throw new TypeError("a chunk has no rows");
      const key = await contexts.currentDataKey(serviceId);
      const sealed = await key.encryptInBackground(
        JSON.stringify(rows.map(toStoredRow)),
        chunkAad(serviceId, id, number),
      );
      const args = [
        idBytes(serviceId),
        idBytes(id),
        number,
        first.row,
        last.row,
        now,
        idBytes(key.id),
        sealed,
      ];
      await db.background.write([{ sql: INSERT_CHUNK, args }]);
    },
    async create(draft) {
      const { keyId, sealed } = await encryptDraft(draft);
      const args = [
        idBytes(draft.serviceId),
        idBytes(draft.id),
        idBytes(draft.authorId),
        idBytes(draft.templateId),
        draft.createdAt,
        draft.chunks,
        draft.fileHash,
        idBytes(keyId),
        sealed,
      ];
      const ofAuthor = [idBytes(draft.serviceId), idBytes(draft.authorId), MAX_LIST_DRAFTS];
      const results = await db.write([
        { sql: INSERT_DRAFT, args },
        { sql: DELETE_OLDEST, args: ofAuthor },
      ]);
      for (const row of rowsOf(results, 1)) {
        await deleteChunks(db, draft.serviceId, uuid(row, "id"));
      }
    },
    async update(draft) {
      const { keyId, sealed } = await encryptDraft(draft);
      const args = [idBytes(draft.serviceId), idBytes(draft.id), idBytes(keyId), sealed];
      await db.write([{ sql: UPDATE_DRAFT, args }]);
    },
    async get(serviceId, id, keyHash) {
      const args = [idBytes(serviceId), idBytes(id), keyHash];
      const [row] = rowsOf(await db.readPoint([{ sql: SELECT_DRAFT, args }]), 0);
      if (row === undefined) return undefined;
      const draft = await readDraft(encryption, row);
      const jobId = uuidOrNull(row, "draft_job_id") as JobId | null;
      return { draft, jobId: jobId ?? undefined };
    },
    async readChunk(serviceId, id, number) {
      const args = [idBytes(serviceId), idBytes(id), number];
      const sql = `${SELECT_CHUNK} AND p.number = ?`;
      const [row] = rowsOf(await db.background.read([{ sql, args }]), 0);
      return row === undefined ? [] : await decryptRows(serviceId, id, row);
    },
    async findRow(serviceId, id, number) {
      const args = [idBytes(serviceId), idBytes(id), number];
      const sql = `${SELECT_CHUNK} AND p.first_row <= ? ORDER BY p.number DESC LIMIT 1`;
      const [row] = rowsOf(await db.readPoint([{ sql, args }]), 0);
      const rows = row === undefined ? [] : await decryptRows(serviceId, id, row);
      return rows.find((one) => one.row === number);
    },
    discard: (serviceId, id) => deleteChunks(db, serviceId, id),
  };
}

/** The additional authenticated data of a list's encrypted parts. */
function draftAad(serviceId: string, id: string): string {
  return `list-draft ${serviceId} ${id}`;
}

function toStoredRow({ row, cells, digits }: SheetRow): StoredRow {
  return digits === undefined ? { row, cells } : { row, cells, digits: [...digits] };
}

/** The encrypted parts as JSON, in which a map is a list of its entries. */
function secretsText(draft: ListDraft): string {
  const { fileName, headings, headingRow, facts, options, check } = draft;
  const secrets: DraftSecrets = { fileName, headings, headingRow, facts, options, check };
  return JSON.stringify(
    secrets,
    (_, value: unknown) => value instanceof Map ? [...value] : value,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

async function readDraft(encryption: Encryption, row: Row): Promise<ListDraft> {
  const serviceId = uuid(row, "service_id") as ServiceId;
  const id = uuid(row, "id") as ListDraftId;
  const key = await dataKeyOf(encryption, serviceId, row);
  const secrets: DraftSecrets = JSON.parse(
    await key.decrypt(blob(row, "sealed"), draftAad(serviceId, id)),
    (name, value: unknown) =>
      name === "rows" && Array.isArray(value)
        ? new Map<number, number>(value)
        // A list of the version before has no groups.
        : name === "fragments" && isObject(value)
        ? { groups: [], ...value }
        : value,
  );
  return {
    ...secrets,
    serviceId,
    id,
    authorId: uuid(row, "author_id") as UserId,
    templateId: uuid(row, "template_id") as TemplateId,
    createdAt: integer(row, "created_at"),
    chunks: integer(row, "chunks"),
    fileHash: text(row, "file_hash"),
  };
}
