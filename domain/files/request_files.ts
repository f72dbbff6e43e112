/** What a request's files come to when it is planned: links, then documents. */
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

/** The personalisation with a link in the place of each file. */
export function putLinks(
  desk: FileLinkContext | undefined,
  serviceId: ServiceId,
  { files = [], to }: SendRequest,
  personalisation: Personalisation,
): Personalisation {
  if (desk === undefined || files.length === 0) return personalisation;
  const address = parseEmailAddress(to);
  const isSmokeTest = address.ok && isSmokeTestRecipient("email", address.value.normalised);
  const links = linkFiles(desk, serviceId, files, isSmokeTest);
  return Object.fromEntries(
    Object.entries(personalisation).map(([name, value]) => [name, links.get(name) ?? value]),
  );
}

/**
 * The documents to be stored; none for a smoke test. A file that its surface has not read, or for which there is no
 * place, is refused.
 *
 * @param recipient normalised
 */
export function planFiles(
  desk: FileLinkContext | undefined,
  serviceId: ServiceId,
  { files = [], channel, personalisation }: SendRequest,
  recipient: string,
  now: number,
): Result<readonly PlannedDocument[], Refusal> {
  if (!hasFile(personalisation)) return ok([]);
  if (desk === undefined || files.length === 0) {
    return refuse({ kind: "files-not-set-up", serviceId });
  }
  if (isSmokeTestRecipient(channel, recipient)) return ok([]);
  const documents = planDocuments(desk, files, now);
  return documents.ok ? documents : refuse({ kind: "file-rejected", fault: documents.refusal });
}

/** Whether a value of the personalisation is a file. */
export function hasFile(personalisation: Personalisation): boolean {
  return Object.values(personalisation).some((value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) && "file" in value
  );
}
