import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ListDraft } from "../../../domain/jobs/list_draft.ts";
import type { Service } from "../../../domain/service/service.ts";
import { ErrorSummary, type FormFault } from "../components/error_summary.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";

/** Properties of the pages of a list that was not sent yet. */
export interface DraftPageProps {
  readonly view: View;
  readonly service: Service;
  readonly draft: ListDraft;
  readonly faults?: readonly FormFault[];
}

/** The frame of a step of a list: its heading, its faults, and the ways to upload again or change the columns. */
export function DraftFrame(
  { view, service, draft, title, step, faults = [], children }: DraftPageProps & {
    readonly title: string;
    readonly step: "columns" | "rows" | "check";
    readonly children: Child;
  },
): JSX.Element {
  const { lists, shell } = view.texts;
  const ids = { service_id: service.id, draft_id: draft.id, template_id: draft.templateId };
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={title}
      here="send"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      <p class="quiet" dir="auto">
        {draft.check.templateName} · {draft.fileName ?? lists.pasted}
      </p>
      {children}
      <p class="buttons">
        <a href={pathOf(PAGES.sendList, ids)}>{lists.uploadAgain}</a>
        {step === "columns"
          ? null
          : <a href={`${pathOf(PAGES.listDraft, ids)}?step=columns`}>{lists.columnsChange}</a>}
      </p>
    </ServiceLayout>
  );
}
