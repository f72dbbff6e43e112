/** Opens the list that a person uploads or pastes. */
import { fileSource, type RecipientSource } from "../../../application/jobs/recipient_source.ts";
import { UploadError, type UploadFault } from "../../../application/jobs/upload_error.ts";
import { parseEncoding, type TextEncoding } from "../../../domain/csv/encoding.ts";
import type { ReadSheet } from "../../../domain/ports/read_sheet.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import { openFileForm } from "../../http/upload_body.ts";
import type { FormFault } from "../components/error_summary.tsx";
import type { WebContext } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { bodyFaultOf } from "./list_faults.ts";

/** The most bytes of a form with pasted cells: some ten thousand rows. */
export const MAX_PASTED_BYTES = 2_000_000;

/** The longest name of a file that is kept, in characters. */
const MAX_FILE_NAME = 255;

/**
 * Opens the file or the pasted cells of a form as a source of rows. A file's content is not read yet.
 *
 * @returns the fault of the form
 * @throws PageError 403 when the form is not of this session
 */
export async function openList(
  c: WebContext,
  readSheet: ReadSheet,
): Promise<Result<RecipientSource, FormFault>> {
  const type = c.req.header("content-type") ?? "";
  try {
    return type.toLowerCase().startsWith("multipart/form-data")
      ? await openFile(c, readSheet)
      : await openPasted(c, readSheet);
  } catch (error) {
    if (error instanceof UploadError) return refuse(faultOf(c, error.fault));
    if (error instanceof PageError && error.status === 413) {
      return refuse({ field: "pasted", message: c.var.view.texts.lists.pasteTooLong });
    }
    throw error;
  }
}

function faultOf(c: WebContext, fault: UploadFault): FormFault {
  return { field: "file", message: bodyFaultOf(fault, c.var.view.texts) };
}

async function openFile(
  c: WebContext,
  readSheet: ReadSheet,
): Promise<Result<RecipientSource, FormFault>> {
  const { texts: { lists }, csrfToken } = c.var.view;
  const { fields, file } = await openFileForm(c.req.raw);
  if (fields.get("csrf_token") !== csrfToken) {
    await file.bytes.cancel();
    throw new PageError(403);
  }
  const encoding = readEncoding(fields.get("encoding") ?? "");
  if (encoding === "unknown") {
    await file.bytes.cancel();
    return refuse({ field: "encoding", message: lists.encodingNotValid });
  }
  const fileName = toFileName(file.fileName);
  if (fileName === undefined) {
    await file.bytes.cancel();
    return refuse({ field: "file", message: lists.fileMissing });
  }
  return ok(
    fileSource(file.bytes, { ...encoding, fileName, contentType: file.contentType }, readSheet),
  );
}

async function openPasted(
  c: WebContext,
  readSheet: ReadSheet,
): Promise<Result<RecipientSource, FormFault>> {
  const { lists } = c.var.view.texts;
  const pasted = (await readForm(c, MAX_PASTED_BYTES)).text("pasted");
  if (pasted.trim() === "") return refuse({ field: "pasted", message: lists.pasteMissing });
  const hint = { fileName: lists.pasted, contentType: "text/csv", encoding: "utf-8" };
  return ok(fileSource(new Blob([pasted]).stream(), hint, readSheet));
}

function readEncoding(
  typed: string,
): "unknown" | { readonly encoding?: TextEncoding } {
  if (typed.trim() === "") return {};
  const encoding = parseEncoding(typed.trim());
  return encoding === undefined ? "unknown" : { encoding };
}

/** A file's name without its folder, on one line; `undefined` when nothing is left of it: no file was chosen. */
function toFileName(path: string): string | undefined {
  const last = path.toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const line = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim();
  return line === "" ? undefined : Array.from(line).slice(0, MAX_FILE_NAME).join("");
}
