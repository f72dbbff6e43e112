/** The addresses at which files are fetched: `{root}d/{service}/{document}?key={key}`, each base64url of its bytes. */
import { fromBase64Url } from "../access/service_token/base64url.ts";
import { type DocumentId, parseDocumentId, parseServiceId, type ServiceId } from "../ids.ts";

/** How long a link's key is. */
export const LINK_KEY_BYTES = 32;
const ID_BYTES = 16;

/** Which document a link is to. */
export interface DocumentRef {
  readonly serviceId: ServiceId;
  readonly documentId: DocumentId;
}

/** What opens one document: 32 random bytes as base64url. */
export interface FileSlot {
  readonly documentId: DocumentId;
  readonly key: string;
}

/** @param root the address of the deployment, ending in a slash */
export function toFileLink(root: string, serviceId: ServiceId, slot: FileSlot): string {
  return `${root}d/${toSegment(serviceId)}/${toSegment(slot.documentId)}?key=${slot.key}`;
}

/** What a smoke test is given for a link: nothing is uploaded. */
export function toTestLink(root: string, serviceId: ServiceId): string {
  return `${root}services/${serviceId}/documents/test-document`;
}

/** Reads the two segments of a link; `undefined` when they are not what {@link toFileLink} writes. */
export function parseDocumentRef(service: string, document: string): DocumentRef | undefined {
  const serviceId = parseServiceId(fromSegment(service));
  const documentId = parseDocumentId(fromSegment(document));
  return serviceId === undefined || documentId === undefined
    ? undefined
    : { serviceId, documentId };
}

/** Reads a link's key; `undefined` when it cannot be one. */
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
