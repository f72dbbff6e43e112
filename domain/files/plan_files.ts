/** From the files of a request to documents that can be stored: no I/O, no clock, no chance. */
import type { DocumentId, ServiceId } from "../ids.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { FileFault } from "./faults.ts";
import { type FileExtension, sniffFileType, toFileExtension } from "./file_types.ts";
import { type FileSlot, toFileLink, toTestLink } from "./link.ts";

/** The largest file that is taken, in bytes: 2 MiB and 1 KiB. */
export const MAX_FILE_BYTES = 2 * 1024 * 1024 + 1024;
/** The longest file name, in characters. */
export const MAX_FILE_NAME_LENGTH = 100;
/** How long a file is kept when the request does not say. */
export const DEFAULT_RETENTION_WEEKS = 26;
const WEEK_MS = 7 * 86_400_000;

/** A file that a request brings, as its surface has read it. */
export interface FileRequest {
  /** The name of the personalisation that it is the value of. */
  readonly placeholder: string;
  /** Base64, as it came. */
  readonly content: string;
  readonly fileName: string | null;
  /** Older clients say so of a CSV file without a name. */
  readonly isCsv: boolean;
  readonly confirmEmail: boolean;
  readonly retentionWeeks: number;
}

/** What links are made with. */
export interface FileLinkContext {
  /** The address of the deployment, ending in a slash. */
  readonly root: string;
  /** One for each file of the request, in its order; the same ones however often the request is judged. */
  readonly slots: readonly FileSlot[];
}

/** A document that is to be stored. */
export interface PlannedDocument {
  readonly id: DocumentId;
  /** What its link carries; stored nowhere beside the message itself. */
  readonly key: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The name that the recipient's browser is told; `null` where the sender gave none. */
  readonly name: string | null;
  readonly type: FileExtension;
  readonly confirmEmail: boolean;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The links that take the place of the request's files, in their order. */
export function linkFiles(
  desk: FileLinkContext,
  serviceId: ServiceId,
  files: readonly FileRequest[],
  isSmokeTest: boolean,
): ReadonlyMap<string, string> {
  return new Map(files.map(({ placeholder }, index) => {
    const slot = desk.slots[index];
    const link = isSmokeTest || slot === undefined
      ? toTestLink(desk.root, serviceId)
      : toFileLink(desk.root, serviceId, slot);
    return [placeholder, link];
  }));
}

/** Decodes and judges the request's files, in their order; the first that cannot be taken refuses them all. */
export function planDocuments(
  desk: FileLinkContext,
  files: readonly FileRequest[],
  now: number,
): Result<readonly PlannedDocument[], FileFault> {
  const documents: PlannedDocument[] = [];
  for (const [index, file] of files.entries()) {
    const slot = desk.slots[index];
    if (slot === undefined) throw new RangeError("a file has no slot");
    const bytes = decodeFile(file.content);
    if (!bytes.ok) return bytes;
    const type = typeOf(file, bytes.value);
    if (!type.ok) return type;
    documents.push({
      id: slot.documentId,
      key: slot.key,
      bytes: bytes.value,
      name: file.fileName,
      type: type.value,
      confirmEmail: file.confirmEmail,
      expiresAt: now + file.retentionWeeks * WEEK_MS,
    });
  }
  return ok(documents);
}

/** Base64 with its padding and no stray bits (RFC 4648, 4); line breaks and blanks are passed over, as MIME has them. */
function decodeFile(content: string): Result<Uint8Array<ArrayBuffer>, FileFault> {
  const bytes = decodeBase64(content);
  if (bytes === undefined) return refuse({ kind: "not-base64" });
  if (bytes.length === 0) return refuse({ kind: "empty" });
  return bytes.length > MAX_FILE_BYTES ? refuse({ kind: "too-large" }) : ok(bytes);
}

function decodeBase64(content: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(content, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}

/** A file with a name is what its extension says; one without is looked into. */
function typeOf(file: FileRequest, bytes: Uint8Array): Result<FileExtension, FileFault> {
  if (file.fileName !== null) return typeOfName(file.fileName);
  const sniffed = sniffFileType(bytes);
  if (sniffed.extension === undefined) {
    return refuse({ kind: "unsupported-type", type: sniffed.mime });
  }
  return ok(file.isCsv && sniffed.extension === "txt" ? "csv" : sniffed.extension);
}

/** The type that a file's name says it has. */
function typeOfName(name: string): Result<FileExtension, FileFault> {
  if (name.length > MAX_FILE_NAME_LENGTH && Array.from(name).length > MAX_FILE_NAME_LENGTH) {
    return refuse({ kind: "name-too-long" });
  }
  const dot = name.lastIndexOf(".");
  const extension = dot === -1 ? "" : name.slice(dot + 1);
  if (extension === "") return refuse({ kind: "no-extension" });
  const type = toFileExtension(extension);
  return type === undefined
    ? refuse({ kind: "unsupported-type", type: `.${extension.toLowerCase()}` })
    : ok(type);
}
