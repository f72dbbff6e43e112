import { createCsvReader } from "../../../domain/csv/csv_reader.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { JobRow } from "../../../domain/jobs/job.ts";
import type { ListRules } from "../../../domain/jobs/list_rules.ts";
import { createRecipientListValidator } from "../../../domain/jobs/recipient_list_validator.ts";
import { DEFAULT_SETTINGS, type Service } from "../../../domain/service/service.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";
import type { TemplateSource } from "../../../domain/template/template.ts";

const SERVICE: Service = {
  id: "6f0c5a6e-3a8e-4a5e-9f63-1f0b3e0c2d11" as ServiceId,
  name: "Parking",
  mode: "live",
  active: true,
  revision: 1,
  settings: { ...DEFAULT_SETTINGS, sms_prefix: false },
  createdAt: 0,
  updatedAt: 0,
};

/** An error of a list or of its file. */
export interface FoundError {
  readonly row: number | null;
  readonly column: string | number | null;
  readonly code: string;
  readonly message: string;
}

/** A list as an upload reads it. */
export interface ListResult {
  readonly refused: boolean;
  readonly errors: readonly FoundError[];
  /** The rows as they are stored. */
  readonly rows: readonly JobRow[];
}

type Draft = Pick<TemplateSource, "channel" | "body"> & Partial<TemplateSource>;

function rulesFor(draft: Draft): ListRules {
  const subject = draft.channel === "sms" ? null : "s";
  return {
    service: SERVICE,
    template: parseTemplate({ subject, ...draft }),
    guests: undefined,
    allowance: { all: Infinity, international: Infinity },
    allowDuplicates: true,
  };
}

/** Validates rows, the headings first, for a template. */
export function validateRows(
  [headings = [], ...below]: readonly (readonly string[])[],
  draft: Draft,
): ListResult {
  const validator = createRecipientListValidator(headings, rulesFor(draft));
  const rows = below.flatMap((cells) => validator.add(cells) ?? []);
  const { errors, errorCount } = validator.report();
  return { refused: errorCount > 0, errors, rows };
}

/** Reads a CSV file for a template, as an upload does. */
export function readList(file: string, draft: Draft): ListResult {
  const reader = createCsvReader({ strictQuotes: true });
  const read = reader.push(file);
  const last = read.ok ? reader.end() : read;
  const fault = read.ok && last.ok ? undefined : read.ok ? last : read;
  if (fault !== undefined && !fault.ok) {
    const { kind, ...facts } = { row: null, column: null, ...fault.refusal };
    return { refused: true, errors: [{ ...facts, code: kind, message: "" }], rows: [] };
  }
  return read.ok && last.ok ? validateRows([...read.value, ...last.value], draft) : {
    refused: true,
    errors: [],
    rows: [],
  };
}
