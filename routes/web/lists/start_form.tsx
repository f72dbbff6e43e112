import type { JSX } from "hono/jsx/jsx-runtime";
import { encodingWords } from "../../../domain/csv/encoding.ts";
import { type FormFault, messageOf } from "../components/error_summary.tsx";
import { Choices } from "../components/choices.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { PAGES, pathOf } from "../pages.ts";
import type { DraftPageProps } from "./draft_frame.tsx";
import type { TypedStart } from "./list_start.ts";

interface StartFormProps extends DraftPageProps {
  readonly people: number;
  readonly start: TypedStart;
  readonly faults: readonly FormFault[];
}

/** Asks when a list is to begin, and sends it. */
export function StartForm(props: StartFormProps): JSX.Element {
  const { view, service, draft, people, start, faults } = props;
  const { lists, shell } = view.texts;
  const shared = { autocomplete: "off", faultPrefix: shell.errorPrefix, class: "short" };
  return (
    <Form
      view={view}
      action={pathOf(PAGES.listDraft, { service_id: service.id, draft_id: draft.id })}
      class="form card"
      hidden={{ action: "send" }}
    >
      <Letters {...props} />
      <Choices
        name="when"
        type="radio"
        legend={lists.when}
        fault={messageOf(faults, "when")}
        faultPrefix={shell.errorPrefix}
        choices={[
          { value: "now", label: lists.now, hint: lists.nowHint },
          {
            value: "later",
            label: lists.later,
            hint: lists.laterHint(service.settings.time_zone),
          },
        ]}
        chosen={[start.when]}
      />
      <Field
        {...shared}
        name="date"
        type="date"
        label={lists.date}
        fault={messageOf(faults, "date")}
        value={start.date}
      />
      <Field {...shared} name="time" type="time" label={lists.time} value={start.time} />
      <div class="buttons">
        <SubmitButton>{lists.send(people)}</SubmitButton>
      </div>
    </Form>
  );
}

/** Asks whether the letters of a list are right whose encoding was guessed. */
function Letters({ view, service, draft, faults }: StartFormProps): JSX.Element | null {
  const { report } = draft.check;
  if (report.warnings.length === 0) return null;
  const { lists, shell } = view.texts;
  const ids = { service_id: service.id, template_id: draft.templateId };
  return (
    <Choices
      name="letters"
      type="checkbox"
      legend={lists.guessed(encodingWords(report.encoding ?? "utf-8"))}
      hint={
        <>
          {report.sample.map((cell) => (
            <span key={cell} class="lines" dir="auto">{`${cell}\n`}</span>
          ))}
          <a href={pathOf(PAGES.sendList, ids)}>{lists.guessedNo}</a>
        </>
      }
      fault={messageOf(faults, "letters")}
      faultPrefix={shell.errorPrefix}
      choices={[{ value: "yes", label: lists.guessedYes }]}
      chosen={[]}
    />
  );
}
