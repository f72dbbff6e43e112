import type { JSX } from "hono/jsx/jsx-runtime";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { PAGES, pathOf } from "../pages.ts";
import { formatTime } from "../texts/dates.ts";
import type { DraftPageProps } from "./draft_frame.tsx";

/** What to know about a list before it is sent: rows left out, recipients that repeat, the same list sent before. */
export function ListWarnings({ view, service, draft }: DraftPageProps): JSX.Element {
  const { lists } = view.texts;
  const { options, check: { report, sentBefore } } = draft;
  const ids = { service_id: service.id, draft_id: draft.id };
  const action = pathOf(PAGES.listDraft, ids);
  const { time_zone: zone } = service.settings;
  const repeats = options.allowDuplicates ? report.duplicateRecipients : 0;
  return (
    <>
      {report.badRows === 0 ? null : (
        <Notice>
          <p>{lists.leftOut(report.badRows)}</p>
          <Form view={view} action={action} class="buttons" hidden={{ action: "put-back" }}>
            <SubmitButton kind="link">{lists.putBack}</SubmitButton>
            <a href={pathOf(PAGES.listErrors, ids)}>{lists.download}</a>
          </Form>
        </Notice>
      )}
      {repeats === 0 ? null : (
        <Notice>
          <p>{lists.duplicates(repeats)}</p>
          <Form view={view} action={action} class="buttons" hidden={{ action: "once" }}>
            <SubmitButton kind="link">{lists.dropDuplicates}</SubmitButton>
          </Form>
        </Notice>
      )}
      {sentBefore === null ? null : (
        <Notice>
          <p>
            {lists.sentBefore(formatTime(sentBefore.at, view.language, zone))}{" "}
            <a href={pathOf(PAGES.list, { ...ids, job_id: sentBefore.jobId })}>
              {lists.sentBeforeLink}
            </a>
          </p>
        </Notice>
      )}
      {report.unknownColumns.length === 0
        ? null
        : <p class="hint" dir="auto">{lists.unused(report.unknownColumns.join(", "))}</p>}
    </>
  );
}
