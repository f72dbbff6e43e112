/** The links to files: `{root}d/{service}/{document}?key={key}`, where each part is the base64url of its bytes. */
import { fromBase64Url } from "../access/service_token/base64url.ts";
import { type DocumentId, parseDocumentId, parseServiceId, type ServiceId } from "../ids.ts";

/** The length of a link's key, in bytes. The key decrypts the file, and only the link has it. */
export const LINK_KEY_BYTES = 32;
const ID_BYTES = 16;

/** Identifies the document that a link leads to. Without the link's key it cannot be decrypted. */
export interface DocumentRef {
  readonly serviceId: ServiceId;
  readonly documentId: DocumentId;
}

/** The id of a document that is not stored yet, and the key of its link: 32 random bytes as base64url. */
export interface FileSlot {
  readonly documentId: DocumentId;
  readonly key: string;
}

/** The link to a document. @param root the address of the deployment, ending in a slash */
export function toFileLink(root: string, serviceId: ServiceId, slot: FileSlot): string {
  return `${root}d/${toSegment(serviceId)}/${toSegment(slot.documentId)}?key=${slot.key}`;
}

/** The link in the message to a smoke-test recipient. It leads nowhere: a smoke test stores no document. */
export function toTestLink(root: string, serviceId: ServiceId): string {
  return `${root}services/${serviceId}/documents/test-document`;
}

/** Parses the two path segments of a link. @returns `undefined` when {@link toFileLink} cannot have written them */
export function parseDocumentRef(service: string, document: string): DocumentRef | undefined {
  const serviceId = parseServiceId(fromSegment(service));
  const documentId = parseDocumentId(fromSegment(document));
  return serviceId === undefined || documentId === undefined
    ? undefined
    : { serviceId, documentId };
}

/** Parses the key of a link's query. @returns its 32 bytes, or `undefined` when it is not a valid key */
export function parseLinkKey(key: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  const bytes = key === undefined ? undefined : fromBase64Url(key);
  return bytes?.length === LINK_KEY_BYTES ? new Uint8Array(bytes) : undefined;
}

function toSegment(id: string): string {
  return Uint8Array.fromHex(id.replaceAll("-", ""))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

function fromSegment(segment: string): string | undefined {
  const bytes = fromBase64Url(segment);
  return bytes?.length === ID_BYTES ? bytes.toHex() : undefined;
}
