/** Turns the files of a request into documents to store. */
import type { DocumentId, ServiceId } from "../ids.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { FileFault } from "./faults.ts";
import { type FileExtension, sniffFileType, toFileExtension } from "./file_types.ts";
import { type FileSlot, toFileLink, toTestLink } from "./link.ts";
import { DAY_MS } from "../time/durations.ts";

/** The largest file that is accepted, in bytes: 2 MiB and 1 KiB. */
export const MAX_FILE_BYTES = 2 * 1024 * 1024 + 1024;
/** The longest file name, in code points. A file with a longer name is refused. */
export const MAX_FILE_NAME_LENGTH = 100;
/** How many weeks a file is kept after its notification is accepted, when the request does not say. */
export const DEFAULT_RETENTION_WEEKS = 26;
const WEEK_MS = 7 * DAY_MS;

/** A file of a request to send an e-mail, as the API has parsed it. */
export interface FileRequest {
  /** The placeholder whose value it is. */
  readonly placeholder: string;
  /** The content in base64, as received. */
  readonly content: string;
  /** The sender's name for the file; its extension decides the type. `null` when the request has none. */
  readonly fileName: string | null;
  /** Set by older clients for a CSV file without a name. */
  readonly isCsv: boolean;
  /** Whether the page behind the link asks for the recipient's address before it offers the file. */
  readonly confirmEmail: boolean;
  /** How many weeks the file is kept, 1 to 78. */
  readonly retentionWeeks: number;
}

/** The data that the file links of a request are built from. */
export interface FileLinkContext {
  /** The address of the deployment, ending in a slash. */
  readonly root: string;
  /**
   * A document id and a link key for each file of the request, in the same order. Every evaluation of the request uses
   * them.
   */
  readonly slots: readonly FileSlot[];
}

/** A document to store. */
export interface PlannedDocument {
  readonly id: DocumentId;
  /** The key in its link, as base64url. It is stored in the message only. */
  readonly key: string;
  /** The decoded content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The file name for the recipient's browser; `null` when the sender gave none. */
  readonly name: string | null;
  readonly type: FileExtension;
  /** Whether the page behind the link asks for the recipient's address before it offers the file. */
  readonly confirmEmail: boolean;
  /** When the file is deleted, epoch milliseconds. */
  readonly expiresAt: number;
}

/** Returns the link of each file, by the name of its placeholder. A smoke test gets links that lead nowhere. */
export function linkFiles(
  links: FileLinkContext,
  serviceId: ServiceId,
  files: readonly FileRequest[],
  isSmokeTest: boolean,
): ReadonlyMap<string, string> {
  return new Map(files.map(({ placeholder }, index) => {
    const slot = links.slots[index];
    const link = isSmokeTest || slot === undefined
      ? toTestLink(links.root, serviceId)
      : toFileLink(links.root, serviceId, slot);
    return [placeholder, link];
  }));
}

/**
 * Decodes and checks the files of a request.
 *
 * @param now epoch milliseconds, from which the files' retention counts
 * @returns a document for each file; or the fault of the first file that has one
 * @throws {RangeError} when `links` has fewer slots than there are files
 */
export function planDocuments(
  links: FileLinkContext,
  files: readonly FileRequest[],
  now: number,
): Result<readonly PlannedDocument[], FileFault> {
  const documents: PlannedDocument[] = [];
  for (const [index, file] of files.entries()) {
    const slot = links.slots[index];
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

/** Decodes base64 with padding and without stray bits (RFC 4648, 4). Line breaks and blanks are ignored, as in MIME. */
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

/** The type of a file: by the extension of its name, or by its content when it has no name. */
function typeOf(file: FileRequest, bytes: Uint8Array): Result<FileExtension, FileFault> {
  if (file.fileName !== null) return typeOfName(file.fileName);
  const sniffed = sniffFileType(bytes);
  if (sniffed.extension === undefined) {
    return refuse({ kind: "unsupported-type", type: sniffed.mime });
  }
  return ok(file.isCsv && sniffed.extension === "txt" ? "csv" : sniffed.extension);
}

/** The file type of a name's extension. */
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
