import assert from "node:assert/strict";
import { streamResults } from "../../../application/jobs/results_csv.ts";
import type { JobId, ServiceId } from "../../../domain/ids.ts";

/** The recipient's cell in the line of a row with that recipient. */
async function recipientCellOf(recipient: string): Promise<string> {
  const stream = streamResults(
    {
      results: (_serviceId, _id, after) =>
        Promise.resolve(after > 0 ? [] : [{ row: 2, recipient, status: "delivered", at: 0 }]),
    },
    crypto.randomUUID() as ServiceId,
    crypto.randomUUID() as JobId,
  );
  const text = await new Response(stream).text();
  const line = text.slice(text.indexOf("\r\n") + 2);
  return line.slice("2,".length, -",delivered,1970-01-01T00:00:00.000Z\r\n".length);
}

Deno.test("streamResults: escapes formulas and quotes cells that need it", async () => {
  const cases: readonly (readonly [string, string])[] = [
    ["07900900123", "07900900123"],
    ["+447900900123", "'+447900900123"],
    ["=1+1", "'=1+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ['=HYPERLINK("x","y")', `"'=HYPERLINK(""x"",""y"")"`],
    ["a,b", '"a,b"'],
    ['a"b', '"a""b"'],
    ["a\r\nb", '"a\r\nb"'],
    [" a", '" a"'],
    ["", ""],
  ];
  for (const [text, cell] of cases) assert.equal(await recipientCellOf(text), cell, text);
});
