import { DEFAULT_RETENTION_WEEKS, type FileRequest } from "../../../domain/files/plan_files.ts";
import { ok, refuse, type Result } from "../../../domain/result.ts";
import {
  isFileValue,
  type ParsedV2,
  validateV2,
  type ValidationProblem,
} from "../../../domain/notify_v2/validate_v2.ts";

/**
 * Validates those values of a personalisation that are files (objects with the content as base64), and returns them
 * with their placeholders. Other values are ignored. The refusal has the errors of all files.
 *
 * @param now epoch milliseconds
 */
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
