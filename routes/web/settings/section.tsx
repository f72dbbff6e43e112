import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../../../domain/service/service.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { differs, type SectionName, type Typed } from "./sections.ts";
import { FIELDS } from "./section_fields.tsx";

/** A section, with what was typed into its fields. */
export interface SectionState {
  readonly name: SectionName;
  readonly typed: Typed;
}

interface SectionProps {
  readonly view: View;
  readonly service: Service;
  readonly section: SectionState;
  readonly faults: readonly FormFault[];
  /** Whether it stands in a section that has a title of its own. */
  readonly isInner?: boolean;
}

/** A section of the settings: a form with its fields, and a button that puts the defaults back. */
export function Section(props: SectionProps): JSX.Element {
  const { view, section, isInner = false } = props;
  const { settings: texts } = view.texts;
  if (isInner) return <SectionForm {...props} />;
  return (
    <section class="card" id={section.name} aria-labelledby={`${section.name}-title`}>
      <h2 id={`${section.name}-title`}>{texts.sections[section.name]}</h2>
      <SectionForm {...props} />
    </section>
  );
}

function SectionForm({ view, service, section, faults }: SectionProps): JSX.Element {
  const { settings: texts } = view.texts;
  return (
    <Form view={view} class="form" hidden={{ section: section.name }}>
      {FIELDS[section.name]({ view, service, typed: section.typed, faults })}
      {service.active
        ? (
          <div class="buttons">
            <SubmitButton label={`${texts.save}: ${texts.sections[section.name]}`}>
              {texts.save}
            </SubmitButton>
            {differs(section.name, service)
              ? (
                <SubmitButton
                  kind="plain"
                  name="action"
                  value="defaults"
                  label={`${texts.defaults}: ${texts.sections[section.name]}`}
                >
                  {texts.defaults}
                </SubmitButton>
              )
              : null}
          </div>
        )
        : null}
    </Form>
  );
}
