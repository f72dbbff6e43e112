/** Why a list cannot be sent, in the reader's language. */
import type { UploadFault } from "../../../application/jobs/upload_error.ts";
import type { UploadRefusal } from "../../../application/jobs/upload_refusal.ts";
import { sheetMessage } from "../../../domain/csv/faults.ts";
import { headingFor } from "../../../domain/jobs/list_columns.ts";
import type { ListDraft } from "../../../domain/jobs/list_draft.ts";
import type { ListError } from "../../../domain/jobs/report.ts";
import type { FormFault } from "../components/error_summary.tsx";
import type { View } from "../context.ts";
import type { Texts } from "../texts/texts.ts";
import { UK_FILE_FAULTS, UK_LIST_ERRORS } from "../texts/uk_list_errors.ts";

/** The message for a body that cannot be read. */
export function bodyFaultOf(fault: UploadFault, { lists }: Texts): string {
  switch (fault.kind) {
    case "interrupted":
      return lists.interrupted;
    case "too-large":
      return lists.tooLarge;
    case "bodies-too-large":
      return lists.busy;
    case "not-one-file":
      return lists.fileMissing;
    case "not-multipart":
    case "not-json":
    case "json-limit":
      return lists.notForm;
  }
}

/** The fault of the form for a refusal of an upload, of other columns, or of sending. */
export function refusalFaultOf(refusal: UploadRefusal, view: ReaderView): FormFault {
  const { texts } = view;
  const { lists } = texts;
  switch (refusal.kind) {
    case "body":
      return { field: "file", message: bodyFaultOf(refusal.fault, texts) };
    case "file": {
      const { fault } = refusal;
      return { field: "file", message: messageFor(view, fault.kind, sheetMessage(fault)) };
    }
    case "columns":
      return { message: lists.noColumn };
    case "list": {
      const [error] = refusal.report.errors;
      return { message: error === undefined ? lists.refused : explain(error, view) };
    }
    case "refused":
      return {
        message: refusal.refusal.kind === "template-deleted"
          ? lists.archivedTemplate
          : lists.refused,
      };
    case "past":
      return { field: "date", message: lists.timePast };
    case "changed":
      return { message: lists.changed };
  }
}

/** The message of an error of a list. */
export function explain({ code, message }: ListError, view: Pick<View, "language">): string {
  return messageFor(view, code, message);
}

/** The message of a code in the reader's language; the English one has more details. */
function messageFor({ language }: Pick<View, "language">, code: string, english: string): string {
  if (language === "en") return english;
  return UK_LIST_ERRORS[code] ?? UK_FILE_FAULTS[code] ?? english;
}

/** The reader's language and texts. */
type ReaderView = Pick<View, "language" | "texts">;

/** The heading of an error's column as the file has it, where it was matched by hand. */
export function headingOf({ column }: ListError, { options }: ListDraft): string | null {
  return column === null ? null : headingFor(options.columns, column) ?? column;
}
