import assert from "node:assert/strict";
import { renameHeadings } from "../../../domain/jobs/list_columns.ts";

const HEADINGS = ["Mobile", "Full name", "name"];

Deno.test("renameHeadings: names headings by what they stand for, several names of one heading too", () => {
  const cases: readonly (readonly [Record<string, string>, unknown])[] = [
    [{}, { headings: HEADINGS, shared: [] }],
    [
      { "phone number": "mobile", name: "Full name" },
      { headings: ["phone number", "name", "name (–)"], shared: [] },
    ],
    [
      { name: "Full name", to: "full_name", dear: "Full name" },
      {
        headings: ["Mobile", "name", "name (–)"],
        shared: [{ name: "to", at: 1 }, { name: "dear", at: 1 }],
      },
    ],
    // The recipient's column keeps the recipient's name, whatever the order.
    [
      { to: "Mobile", "Phone Number": "Mobile" },
      { headings: ["Phone Number", "Full name", "name"], shared: [{ name: "to", at: 0 }] },
    ],
    // Two spellings of one placeholder are one name.
    [
      { to: "Mobile", TO: "Mobile", "t o": "Mobile" },
      { headings: ["to", "Full name", "name"], shared: [] },
    ],
  ];
  for (const [columns, expected] of cases) {
    assert.deepEqual(renameHeadings(HEADINGS, columns), { ok: true, value: expected });
  }
});

Deno.test("renameHeadings: refuses a heading that the list does not have", () => {
  assert.deepEqual(renameHeadings(HEADINGS, { to: "Name", name: "Surname" }), {
    ok: false,
    refusal: { name: "name", heading: "Surname" },
  });
});
