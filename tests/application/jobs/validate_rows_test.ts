import assert from "node:assert/strict";
import { rowsSource } from "../../../application/jobs/recipient_source.ts";
import {
  MAX_SUPPRESSION_CHECK,
  MIN_SUPPRESSION_CHECK,
  validateRows,
} from "../../../application/jobs/validate_rows.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";
import { ok } from "../../../domain/result.ts";

const RULES = {
  service: {
    id: "6f0c5a6e-3a8e-4a5e-9f63-1f0b3e0c2d11" as ServiceId,
    name: "Parking",
    mode: "live",
    active: true,
    revision: 1,
    settings: DEFAULT_SETTINGS,
    createdAt: 0,
    updatedAt: 0,
  },
  template: parseTemplate({ channel: "sms", subject: null, body: "Hi ((name))" }),
  guests: undefined,
  allowance: { all: Infinity, international: Infinity },
  allowDuplicates: false,
  checksSuppressions: true,
} as const;

/** Validates a list whose rows come in batches, and in which every 100th recipient is suppressed. */
async function validate(rows: number, batchRows: number) {
  const lines = Array.from({ length: rows }, (_, n) => [`07900 ${100_000 + n}`, "Ann"]);
  const source = rowsSource([["phone number", "name"], ...lines]);
  const lookedUp: number[] = [];
  const passedOn: number[] = [];
  const report = await validateRows(
    {
      ...source,
      async *rows(signal) {
        for await (const batch of source.rows(signal)) {
          const some = batch.ok ? batch.value : [];
          for (let at = 0; at < some.length; at += batchRows) {
            yield ok(some.slice(at, at + batchRows));
          }
        }
      },
    },
    { ...RULES, skipsBadRows: true },
    {
      signal: new AbortController().signal,
      startSlice: () => () => false,
      findSuppressed(recipients) {
        lookedUp.push(recipients.length);
        return Promise.resolve(new Set(recipients.filter((to) => to.endsWith("00"))));
      },
      onValidRow: ({ row }) => Promise.resolve(void passedOn.push(row)),
    },
  );
  assert(report.ok);
  return { report: report.value, lookedUp, passedOn };
}

Deno.test("validateRows: small batches of rows share a look-up of suppressed recipients", async () => {
  const { report, lookedUp, passedOn } = await validate(MIN_SUPPRESSION_CHECK * 4 + 10, 100);
  assert(lookedUp.every((count) => count <= MAX_SUPPRESSION_CHECK), `${lookedUp}`);
  assert(lookedUp.slice(0, -1).every((count) => count >= MIN_SUPPRESSION_CHECK), `${lookedUp}`);
  assert.equal(lookedUp.reduce((sum, count) => sum + count), report.rows);
  assert.equal(report.badRows, Math.ceil(report.rows / 100));
  assert.deepEqual(
    passedOn,
    Array.from({ length: report.rows }, (_, n) => n + 2).filter((row) => (row - 2) % 100 !== 0),
  );
});
