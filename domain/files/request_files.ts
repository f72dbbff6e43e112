/** Plans the files of a request: links in its personalisation, and documents to store. */
import type { ServiceId } from "../ids.ts";
import { parseEmailAddress } from "../recipient/email_address.ts";
import { isSmokeTestRecipient } from "../recipient/simulated.ts";
import type { Refusal } from "../sending/refusal.ts";
import { ok, refuse, type Result } from "../result.ts";
import type { SendRequest } from "../sending/send_request.ts";
import type { Personalisation } from "../template/template.ts";
import {
  type FileLinkContext,
  linkFiles,
  planDocuments,
  type PlannedDocument,
} from "./plan_files.ts";

/**
 * Replaces each file in the personalisation by its link. Without storage for files (`links` is `undefined`) the
 * personalisation is returned unchanged; {@link planFiles} then refuses the request.
 */
export function putLinks(
  links: FileLinkContext | undefined,
  serviceId: ServiceId,
  { files = [], to }: SendRequest,
  personalisation: Personalisation,
): Personalisation {
  if (links === undefined || files.length === 0) return personalisation;
  const address = parseEmailAddress(to);
  const isSmokeTest = address.ok && isSmokeTestRecipient("email", address.value.normalised);
  const linkOf = linkFiles(links, serviceId, files, isSmokeTest);
  return Object.fromEntries(
    Object.entries(personalisation).map(([name, value]) => [name, linkOf.get(name) ?? value]),
  );
}

/**
 * Decodes and checks the files of a request. The caller stores the returned documents before it accepts the
 * notification.
 *
 * @param links `undefined` when the deployment has no storage for files; a request with files is then refused
 * @param recipient the normalised recipient
 * @param now epoch milliseconds
 * @returns the documents to store, none for a smoke test; or the refusal `files-not-set-up` or `file-rejected`
 */
export function planFiles(
  links: FileLinkContext | undefined,
  serviceId: ServiceId,
  { files = [], channel, personalisation }: SendRequest,
  recipient: string,
  now: number,
): Result<readonly PlannedDocument[], Refusal> {
  if (!hasFile(personalisation)) return ok([]);
  if (links === undefined || files.length === 0) {
    return refuse({ kind: "files-not-set-up", serviceId });
  }
  if (isSmokeTestRecipient(channel, recipient)) return ok([]);
  const documents = planDocuments(links, files, now);
  return documents.ok ? documents : refuse({ kind: "file-rejected", fault: documents.refusal });
}

/** Whether a value of the personalisation is a file. */
export function hasFile(personalisation: Personalisation): boolean {
  return Object.values(personalisation).some((value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && "file" in value
  );
}
