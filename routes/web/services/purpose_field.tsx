import type { JSX } from "hono/jsx/jsx-runtime";
import { isPurpose } from "../../../domain/service/setting_rules.ts";
import { type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import type { View } from "../context.ts";
import type { Texts } from "../texts/texts.ts";

/** The rows of the field. */
const ROWS = 3;

interface PurposeFieldProps {
  readonly view: View;
  readonly value: string | undefined;
  readonly faults: readonly FormFault[];
}

/** Asks what a service is for. */
export function PurposeField({ view, value, faults }: PurposeFieldProps): JSX.Element {
  const { services, shell } = view.texts;
  return (
    <Field
      name="purpose"
      rows={ROWS}
      label={services.purpose}
      hint={services.purposeHint}
      fault={messageOf(faults, "purpose")}
      faultPrefix={shell.errorPrefix}
      value={value}
    />
  );
}

/** The faults of a purpose as typed, trimmed. */
export function purposeFaultsOf(
  purpose: string,
  { purposeMissing, purposeNotValid }: Texts["services"],
): readonly FormFault[] {
  if (purpose === "") return [{ field: "purpose", message: purposeMissing }];
  return isPurpose(purpose) ? [] : [{ field: "purpose", message: purposeNotValid }];
}
