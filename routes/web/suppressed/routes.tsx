import type { Hono } from "hono";
import { accessTo } from "../../../domain/accounts/account.ts";
import { may } from "../../../domain/accounts/roles.ts";
import { parseUuid } from "../../../domain/ids.ts";
import { isBlank, isOneLine, MAX_NAME } from "../../../domain/service/one_line_name.ts";
import { csvHeaders, streamCsv } from "../../http/csv_stream.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { pageOf, readPosition } from "../components/page_of_rows.ts";
import { actorOf, serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { seesRecipients } from "../messages/routes.tsx";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import type { WebPorts } from "../ports.ts";
import { LiftPage, SuppressedPage, UnsubscribedPage } from "./suppressed_pages.tsx";

/** How many recipients a page shows. */
const PAGE_ROWS = 50;
/** How many recipients of a file are read at a time. */
const CSV_ROWS = 500;

const keyOf = ({ id }: { readonly id: string }) => id;

/** Adds the pages of suppressed recipients and of requests to unsubscribe. */
export function addSuppressedPages(app: Hono<WebEnv>, ports: WebPorts): void {
  const { suppressions, unsubscribes } = ports;

  app.get(PAGES.suppressed.path, async (c) => {
    const service = serviceOf(c);
    const lifted = c.req.query("state") === "lifted";
    const position = readPosition(c, parseUuid);
    const query = { lifted, ...position, limit: PAGE_ROWS + 1 };
    const page = pageOf(await suppressions.list(service.id, query), {
      size: PAGE_ROWS,
      position,
      keyOf,
    });
    return answerPage(
      c,
      <SuppressedPage
        view={c.var.view}
        service={service}
        suppressions={page.rows}
        lifted={lifted}
        maySend={may(accessTo(sessionOf(c), service.id), "send")}
        isLifted={c.req.query("done") === "lifted"}
        page={page}
      />,
    );
  });

  app.get(PAGES.suppressedCsv.path, async (c) => {
    const service = serviceOf(c);
    const lifted = c.req.query("state") === "lifted";
    await recordExport(c, ports, "suppressions");
    const headings = [
      "recipient",
      "channel",
      "because",
      "reason",
      "since",
      "lifted",
      "lift reason",
    ];
    const lines = pagesOf(
      (olderThan) => suppressions.list(service.id, { lifted, olderThan, limit: CSV_ROWS }),
      (one) => [
        one.recipient ?? "",
        one.channel,
        one.because,
        one.reason ?? "",
        new Date(one.createdAt).toISOString(),
        one.liftedAt === undefined ? "" : new Date(one.liftedAt).toISOString(),
        one.liftReason ?? "",
      ],
    );
    return c.body(streamCsv(headings, lines), 200, csvHeaders("suppressed.csv"));
  });

  app.get(PAGES.liftSuppression.path, async (c) => await showLift(c, ports, {}));
  app.post(PAGES.liftSuppression.path, async (c) => await liftSuppression(c, ports));

  app.get(PAGES.unsubscribed.path, async (c) => {
    const service = serviceOf(c);
    const position = readPosition(c, parseUuid);
    const found = await unsubscribes.list(service.id, position, PAGE_ROWS + 1);
    const page = pageOf(found, { size: PAGE_ROWS, position, keyOf });
    return answerPage(
      c,
      <UnsubscribedPage
        view={c.var.view}
        service={service}
        requests={page.rows}
        page={page}
      />,
    );
  });

  app.get(PAGES.unsubscribedCsv.path, async (c) => {
    const service = serviceOf(c);
    await recordExport(c, ports, "unsubscribe_requests");
    const lines = pagesOf(
      (olderThan) => unsubscribes.list(service.id, { olderThan }, CSV_ROWS),
      ({ to, at, notificationId }) => [to ?? "", new Date(at).toISOString(), notificationId],
    );
    const stream = streamCsv(["recipient", "since", "message"], lines);
    return c.body(stream, 200, csvHeaders("unsubscribed.csv"));
  });
}

/** Reads a list page by page, as the lines of a file. */
async function* pagesOf<Row extends { readonly id: string }>(
  readPage: (olderThan: string | undefined) => Promise<readonly Row[]>,
  toCells: (row: Row) => readonly string[],
): AsyncGenerator<readonly (readonly string[])[]> {
  let olderThan: string | undefined;
  do {
    const page = await readPage(olderThan);
    olderThan = page.length === CSV_ROWS ? page.at(-1)?.id : undefined;
    if (page.length > 0) yield page.map(toCells);
  } while (olderThan !== undefined);
}

/** Appends the entry of a download to the audit log before anything is read. */
async function recordExport(c: WebContext, { accounts }: WebPorts, list: string): Promise<void> {
  await accounts.audit.append({
    chain: serviceOf(c).id,
    actor: actorOf(c),
    action: "messages-exported",
    facts: { list },
  });
}

/** Asks for the reason. A suppression that was lifted leads back to the list. */
async function showLift(
  c: WebContext,
  { suppressions }: WebPorts,
  { reason, fault }: { readonly reason?: string; readonly fault?: string },
): Promise<Response> {
  const service = serviceOf(c);
  const id = parseUuid(c.req.param("suppression_id"));
  // Who may not see recipients finds none.
  const suppression = id !== undefined && seesRecipients(c)
    ? await suppressions.get(service.id, id)
    : undefined;
  if (suppression === undefined) throw new PageError(404);
  if (suppression.liftedAt !== undefined) {
    return c.redirect(pathOf(PAGES.suppressed, { service_id: service.id }), 303);
  }
  const page = (
    <LiftPage
      view={c.var.view}
      service={service}
      recipient={suppression.recipient}
      {...reason === undefined ? {} : { reason }}
      faults={fault === undefined ? [] : [{ field: "reason", message: fault }]}
    />
  );
  return await answerPage(c, page, fault === undefined ? 200 : 422);
}

async function liftSuppression(c: WebContext, ports: WebPorts): Promise<Response> {
  const form = await readForm(c);
  const service = serviceOf(c);
  const id = parseUuid(c.req.param("suppression_id"));
  if (id === undefined || !seesRecipients(c)) throw new PageError(404);
  const { message: texts } = c.var.view.texts;
  const reason = form.text("reason").trim();
  if (isBlank(reason)) return await showLift(c, ports, { reason, fault: texts.reasonMissing });
  if (reason.length > MAX_NAME || !isOneLine(reason)) {
    return await showLift(c, ports, { reason, fault: texts.reasonNotValid(MAX_NAME) });
  }
  const lifted = await ports.suppressions.lift(service.id, id, reason, ports.clock.now(), {
    chain: service.id,
    actor: actorOf(c),
    action: "suppression-lifted",
    subject: id,
  });
  if (lifted === undefined) throw new PageError(404);
  return c.redirect(`${pathOf(PAGES.suppressed, { service_id: service.id })}?done=lifted`, 303);
}
