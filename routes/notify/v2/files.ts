import { DEFAULT_RETENTION_WEEKS, type FileRequest } from "../../../domain/files/plan_files.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import {
  isFileValue,
  type ParsedV2,
  validateV2,
  type ValidationProblem,
} from "../../../domain/notify_v2/validate_v2.ts";

/** Validates the files of a personalisation; a refusal has the problems of all of them. */
export function readFiles(
  personalisation: Readonly<Record<string, unknown>>,
  now: number,
): Result<readonly FileRequest[], readonly ValidationProblem[]> {
  const read = Object.entries(personalisation)
    .filter(([, value]) => isFileValue(value))
    .map(([placeholder, value]) => ({
      placeholder,
      file: validateV2("file in personalisation", value, now),
    }));
  const problems = read.flatMap(({ file }) => file.ok ? [] : file.refusal);
  if (problems.length > 0) return refuse(problems);
  return ok(
    read.flatMap(({ placeholder, file }) => file.ok ? [toRequest(placeholder, file.value)] : []),
  );
}

function toRequest(
  placeholder: string,
  file: ParsedV2["file in personalisation"],
): FileRequest {
  return {
    placeholder,
    content: file.file ?? "",
    fileName: file.filename ?? null,
    isCsv: file.is_csv ?? false,
    confirmEmail: file.confirm_email_before_download ?? true,
    retentionWeeks: file.retention_period ?? DEFAULT_RETENTION_WEEKS,
  };
}
