import type { JSX } from "hono/jsx/jsx-runtime";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { Table } from "../components/table.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { formatNumber } from "../texts/plural.ts";
import { DraftFrame, type DraftPageProps } from "./draft_frame.tsx";
import { explain, headingOf } from "./list_faults.ts";

/** Shows the errors of rows, and offers to leave these rows out. */
export function RowsPage(props: DraftPageProps): JSX.Element {
  const { view, service, draft } = props;
  const { lists } = view.texts;
  const { report } = draft.check;
  const good = report.rows - report.badRows;
  const ids = { service_id: service.id, draft_id: draft.id };
  const shown = report.errors.map((error, key) => ({ ...error, key }));
  const number = (n: number) => formatNumber(view.language, n);
  return (
    <DraftFrame {...props} title={lists.rowsTitle(report.badRows)} step="rows">
      {good > 0 ? <p>{lists.rowsLead(good)}</p> : null}
      {report.errorCounts.recipient_not_allowed === undefined ? null : (
        <Notice>
          <p>{lists.trial}</p>
        </Notice>
      )}
      {good === 0 ? null : (
        <Form
          view={view}
          action={pathOf(PAGES.listDraft, ids)}
          class="buttons"
          hidden={{ action: "skip" }}
        >
          <SubmitButton>{lists.skip(good, report.badRows)}</SubmitButton>
        </Form>
      )}
      <p>
        <a href={pathOf(PAGES.listErrors, ids)}>{lists.download}</a>
      </p>
      <section class="card" aria-labelledby="errors">
        <h2 id="errors">
          {shown.length < report.errorCount
            ? lists.rowsOf(number(shown.length), number(report.errorCount))
            : lists.errors(report.errorCount)}
        </h2>
        <Table
          columns={[
            {
              label: lists.row,
              cell: ({ row }) => row === null ? lists.wholeRow : lists.rowTitle(number(row)),
              kind: "name",
            },
            {
              label: lists.cell,
              cell: (error) => <bdi>{headingOf(error, draft) ?? lists.wholeRow}</bdi>,
            },
            { label: lists.why, cell: (error) => explain(error, view) },
          ]}
          rows={shown}
          keyOf={({ key }) => key}
        />
      </section>
    </DraftFrame>
  );
}
