import type { Hono } from "hono";
import { writeCsvLine } from "../../../domain/csv/write_line.ts";
import { parseUserId } from "../../../domain/ids.ts";
import type { AuditQuery } from "../../../domain/ports/audit_store.ts";
import { dayRange } from "../../../domain/time/day_range.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { pageOf, readPosition } from "../components/page_of_rows.ts";
import { serviceOf, type WebContext, type WebEnv } from "../context.ts";
import { PAGES } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { actorText, type AuditFilter, AuditPage, SERVICE_ACTIONS } from "./audit_page.tsx";

/** How many entries a page shows. */
const PAGE_ENTRIES = 50;
/** How many entries a downloaded file has at most. */
const MAX_EXPORTED = 5_000;

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
    const service = serviceOf(c);
    const entries = await audit.list(service.id, queryOf(c, filterOf(c), MAX_EXPORTED));
    const lines = [
      writeCsvLine(["number", "time", "actor", "action", "subject", "facts"]),
      ...entries.map((entry) =>
        writeCsvLine([
          String(entry.sequence),
          new Date(entry.at).toISOString(),
          actorText(entry, c.var.view.texts),
          entry.action,
          entry.subject ?? "",
          entry.facts === undefined ? "" : JSON.stringify(entry.facts),
        ])
      ),
    ];
    return c.body(lines.join(""), 200, {
      "Content-Type": "text/csv; charset=utf-8",
      "Content-Disposition": 'attachment; filename="audit.csv"',
    });
  });
}

function filterOf(c: WebContext): AuditFilter {
  const { person = "", action = "", day = "" } = c.req.query();
  return { person, action, day };
}

/** What is listed. A value that is not one of the form's is ignored, so that an old link shows more and not an error. */
function queryOf(c: WebContext, { person, action, day }: AuditFilter, limit: number): AuditQuery {
  const { settings } = serviceOf(c);
  const range = dayRange(day, settings.time_zone);
  return {
    ...readPosition(c, parseSequence),
    limit,
    actor: parseUserId(person),
    action: SERVICE_ACTIONS.find((one) => one === action),
    ...range,
  };
}

function parseSequence(text: string): number | undefined {
  const sequence = Number(text);
  return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : undefined;
}
