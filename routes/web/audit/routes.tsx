import type { Hono } from "hono";
import { SERVICE_ACTIONS } from "../../../domain/accounts/audit.ts";
import type { ExportedEntries } from "../../../application/accounts/audit.ts";
import { parseUserId } from "../../../domain/ids.ts";
import type { AuditQuery } from "../../../domain/ports/audit_store.ts";
import { dayRange } from "../../../domain/time/day_range.ts";
import { csvHeaders, streamCsv } from "../../http/csv_stream.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { pageOf, readPosition } from "../components/page_of_rows.ts";
import { actorOf, serviceOf, type WebContext, type WebEnv } from "../context.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import type { Texts } from "../texts/texts.ts";
import { actorText, type AuditFilter, AuditPage, type NamedEntry } from "./audit_page.tsx";

/** How many entries a page shows. */
const PAGE_ENTRIES = 50;
const HEADINGS = ["number", "time", "actor", "action", "subject", "facts"];

/** Adds the page of a service's audit log, and its download. */
export function addAuditPages(app: Hono<WebEnv>, { accounts }: WebPorts): void {
  const { audit } = accounts;

  app.get(PAGES.audit.path, async (c) => {
    const service = serviceOf(c);
    const filter = filterOf(c);
    const query = queryOf(c, filter, PAGE_ENTRIES + 1);
    const { entries: found, members } = await audit.readService(service.id, query);
    const entries = pageOf(found, {
      size: PAGE_ENTRIES,
      position: query,
      keyOf: ({ sequence }) => sequence,
    });
    const page = (
      <AuditPage
        view={c.var.view}
        service={service}
        members={members}
        page={entries}
        filter={filter}
      />
    );
    return answerPage(c, page);
  });

  app.get(PAGES.auditCsv.path, async (c) => {
    const entries = entriesOf(c, filterOf(c));
    const pages = await audit.exportService(actorOf(c), serviceOf(c).id, entries);
    return c.body(
      streamCsv(HEADINGS, toRows(pages, c.var.view.texts)),
      200,
      csvHeaders("audit.csv"),
    );
  });
}

async function* toRows(
  pages: AsyncIterable<readonly NamedEntry[]>,
  texts: Texts,
): AsyncGenerator<readonly (readonly string[])[]> {
  for await (const page of pages) {
    yield page.map((entry) => [
      String(entry.sequence),
      new Date(entry.at).toISOString(),
      actorText(entry, texts),
      entry.action,
      entry.subject ?? "",
      entry.facts === undefined ? "" : JSON.stringify(entry.facts),
    ]);
  }
}

function filterOf(c: WebContext): AuditFilter {
  const { person = "", action = "", day = "" } = c.req.query();
  return { person, action, day };
}

/** What is listed. A value that is not one of the form's is ignored, so that an old link shows more and not an error. */
function queryOf(c: WebContext, filter: AuditFilter, limit: number): AuditQuery {
  return {
    ...entriesOf(c, filter),
    ...readPosition(c, parseSequence),
    limit,
  };
}

function entriesOf(c: WebContext, { person, action, day }: AuditFilter): ExportedEntries {
  return {
    actor: parseUserId(person),
    action: SERVICE_ACTIONS.find((one) => one === action),
    ...dayRange(day, serviceOf(c).settings.time_zone),
  };
}

function parseSequence(text: string): number | undefined {
  const sequence = Number(text);
  return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : undefined;
}
