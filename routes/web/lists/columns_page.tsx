import type { JSX } from "hono/jsx/jsx-runtime";
import { saysCause } from "../../../domain/jobs/missing_column.ts";
import { type FormFault, messageOf } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import type { Template } from "../../../domain/template/template.ts";
import { conditionNames } from "../../../domain/template/condition_names.ts";
import { keptFields } from "../kept_fields.ts";
import { PAGES, pathOf } from "../pages.ts";
import { DraftFrame, type DraftPageProps } from "./draft_frame.tsx";
import { explain } from "./list_faults.ts";
import { columnField, headingOfName } from "./list_options.ts";

/** The longest heading that is shown in a choice, in characters. */
const MAX_SHOWN = 80;

interface ColumnsPageProps extends DraftPageProps {
  readonly template: Template;
  /** The chosen places, as typed; those of the list by default. */
  readonly chosen?: readonly string[];
}

/** Asks which column stands for each thing that the template needs. */
export function ColumnsPage(props: ColumnsPageProps): JSX.Element {
  const { view, service, draft, chosen, faults = [] } = props;
  const { lists } = view.texts;
  const { needed, report } = draft.check;
  const missing = report.errors.filter(({ code }) => code === "missing_column");
  // With fewer headings than are needed, or a cause such as a title above them, the file has to be changed.
  const canMatch = draft.headings.filter((one) => one.trim() !== "").length >= needed.length &&
    missing.every(({ column, message }) => column === null || !saysCause(column, message));
  const ids = { service_id: service.id, draft_id: draft.id };
  const kept = keptFields.getStore();
  const offered = offeredHeadings(draft.headings);
  return (
    <DraftFrame {...props} title={lists.columnsTitle} step="columns">
      <p dir="auto">{lists.columnsLead(draft.fileName ?? lists.pasted)}</p>
      {missing.length === 0 || faults.length > 0 ? null : (
        <Notice>
          {canMatch
            ? <p>{lists.columnsDiffer}</p>
            : missing.map((error) => (
              <p key={error.column} dir="auto">
                {view.language === "en" ? null : <strong>{`${error.column}: `}</strong>}
                {explain(error, view)}
              </p>
            ))}
        </Notice>
      )}
      <Form
        view={view}
        action={pathOf(PAGES.listDraft, ids)}
        class="form card"
        hidden={{ action: "columns" }}
      >
        {needed.map((name, index) => {
          const at = headingOfName(draft, name);
          return (
            <ColumnChoice
              key={name}
              props={props}
              offered={offered}
              name={name}
              index={index}
              chosen={chosen?.[index] ?? kept?.[columnField(index)]?.[0] ??
                (at === -1 ? "" : String(at))}
              fault={messageOf(faults, columnField(index))}
            />
          );
        })}
        <div class="buttons">
          <SubmitButton>{lists.columnsSave}</SubmitButton>
        </div>
      </Form>
    </DraftFrame>
  );
}

function ColumnChoice(
  { props: { view, draft, template }, offered, name, index, chosen, fault }: {
    readonly props: ColumnsPageProps;
    readonly offered: readonly (readonly [heading: string, at: number])[];
    readonly name: string;
    readonly index: number;
    readonly chosen: string;
    readonly fault: FormFault["message"] | undefined;
  },
): JSX.Element {
  const { lists, send, shell } = view.texts;
  const field = columnField(index);
  const isCondition = conditionNames(template).has(name);
  const described = [
    ...(isCondition ? [`${field}-hint`] : []),
    ...(fault === undefined ? [] : [`${field}-fault`]),
  ].join(" ");
  return (
    <div class={fault === undefined ? "field" : "field wrong"}>
      <label for={field} dir="auto">
        {index === 0
          ? `${send.recipients[draft.check.channel].label} (${name})`
          : lists.columnOf(name)}
      </label>
      {isCondition ? <div class="hint" id={`${field}-hint`}>{lists.conditionHint}</div> : null}
      {fault === undefined ? null : (
        <p class="wrong-text" id={`${field}-fault`}>
          <span class="unseen">{shell.errorPrefix}</span>
          {fault}
        </p>
      )}
      <select
        id={field}
        name={field}
        aria-describedby={described === "" ? undefined : described}
        aria-invalid={fault === undefined ? undefined : "true"}
      >
        <option value="">{lists.columnNone}</option>
        {offered.map(([heading, at]) => (
          <option key={at} value={String(at)} selected={String(at) === chosen}>
            {heading.slice(0, MAX_SHOWN)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The headings that can be chosen, with their places: of several alike the first, which the choice of each would mean. */
function offeredHeadings(
  headings: readonly string[],
): readonly (readonly [heading: string, at: number])[] {
  const first = new Map<string, number>();
  for (const [at, heading] of headings.entries()) {
    if (heading.trim() !== "" && !first.has(heading)) first.set(heading, at);
  }
  return [...first];
}
