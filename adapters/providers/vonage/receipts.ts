import * as z from "zod/mini";
import type { Receipt, ReceiptKind, ReceiptRefusal } from "../../../domain/delivery/receipt.ts";
import type { ReceiptRequest } from "../../../domain/ports/receipt_reader.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { lookUp } from "../shared/json_fields.ts";
import { codeOfProblem, kindOfDeliveryCode } from "./codes.ts";
import { parseClientRef } from "./request.ts";
import { readSignedJson, type SignatureSettings } from "./signed_json.ts";

/**
 * The receipt kind of each `status`; an unlisted status is ignored.
 * Source: https://developer.vonage.com/en/api/messages#message-status
 */
const RECEIPTS = {
  /** Passed to the carrier, which is not final. */
  submitted: "sending",
  delivered: "delivered",
  read: "delivered",
  rejected: "by-code",
  undeliverable: "by-code",
} as const satisfies Record<string, ReceiptKind | "by-code">;

const StatusReport = z.object({
  message_uuid: z.string().check(z.minLength(1), z.maxLength(200)),
  status: z.string(),
  timestamp: z.catch(z.optional(z.string()), undefined),
  client_ref: z.optional(z.unknown()),
  error: z.optional(z.unknown()),
});

/**
 * Reads one status report of Vonage: verifies its signature, then parses the status. The result has one receipt, or none
 * for a status that is ignored.
 *
 * @param provider the provider's name, which the receipt repeats
 */
export async function readVonageReceipts(
  request: ReceiptRequest,
  settings: SignatureSettings,
  provider: string,
): Promise<Result<readonly Receipt[], ReceiptRefusal>> {
  const json = await readSignedJson(request, settings);
  if (!json.ok) return json;
  const report = StatusReport.safeParse(json.value);
  if (!report.success) {
    return refuse({ kind: "malformed", detail: "message_uuid or status is missing" });
  }
  const { message_uuid: id, status, timestamp, client_ref, error } = report.data;
  const listed = lookUp<ReceiptKind | "by-code">(RECEIPTS, status);
  if (listed === undefined) return ok([]);
  const code = codeOfProblem(error);
  const failure = kindOfDeliveryCode(code);
  const isFailure = listed === "by-code";
  return ok([{
    provider,
    providerMessageId: id,
    ...parseClientRef(client_ref),
    kind: isFailure ? failure ?? "temporary-failure" : listed,
    code,
    ...(isFailure && code !== undefined && failure === undefined ? { isUnlistedCode: true } : {}),
    at: parseTime(timestamp),
    dedupeKey: `${id}:${status}`,
  }]);
}

function parseTime(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? undefined : at;
}
