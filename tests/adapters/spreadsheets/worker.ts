/** A Worker that reads the file it is sent; bundled and run by the test beside it. */
import { readSheet } from "../../../adapters/spreadsheets/read_sheet.ts";
import type { SheetBatch } from "../../../domain/ports/read_sheet.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const batches: SheetBatch[] = [];
    const body = request.body ?? new ReadableStream<Uint8Array>({ start: (c) => c.close() });
    for await (const batch of readSheet(body, {}, request.signal)) batches.push(batch);
    const rows = batches.flatMap((batch) => batch.ok ? batch.value.map(({ cells }) => cells) : []);
    const fault = batches.find((batch) => !batch.ok);
    return Response.json({ rows, fault: fault?.ok === false ? fault.refusal : null });
  },
};
