/** Why a list cannot be sent, in the reader's language. */
import type { UploadFault } from "../../../application/jobs/upload_error.ts";
import type { UploadRefusal } from "../../../application/jobs/upload_refusal.ts";
import { sheetMessage } from "../../../domain/csv/faults.ts";
import type { ListDraft } from "../../../domain/jobs/list_draft.ts";
import type { ListError } from "../../../domain/jobs/report.ts";
import type { FormFault } from "../components/error_summary.tsx";
import type { Texts } from "../texts/texts.ts";

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
export function refusalFaultOf(refusal: UploadRefusal, texts: Texts): FormFault {
  const { lists } = texts;
  switch (refusal.kind) {
    case "body":
      return { field: "file", message: bodyFaultOf(refusal.fault, texts) };
    case "file": {
      const { fault } = refusal;
      return { field: "file", message: lists.explainFile(fault.kind, sheetMessage(fault)) };
    }
    case "columns":
      return refusal.fault.kind === "heading-taken-twice"
        ? { message: lists.columnTwice(refusal.fault.name) }
        : { message: lists.noColumn };
    case "list": {
      const [error] = refusal.report.errors;
      return { message: error === undefined ? lists.refused : explain(error, texts) };
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
export function explain({ code, message }: ListError, { lists }: Texts): string {
  return lists.explain(code, message);
}

/** The heading of an error's column as the file has it, where it was matched by hand. */
export function headingOf({ column }: ListError, { options }: ListDraft): string | null {
  return column === null ? null : options.columns[column] ?? column;
}
