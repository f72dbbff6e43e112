/** The fields of each section of the settings. Each says its default, or that it has it. */
import type { JSX } from "hono/jsx/jsx-runtime";
import { ACCOUNT_LANGUAGES } from "../../../domain/accounts/account.ts";
import { limitsOf } from "../../../domain/going_live/request.ts";
import { type Service, SMS_ENCODINGS } from "../../../domain/service/service.ts";
import {
  INBOX_RETENTION_DAYS_MOST,
  RETENTION_DAYS,
} from "../../../domain/service/setting_rules.ts";
import { Choices } from "../components/choices.tsx";
import { type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field, type FieldProps } from "../components/field.tsx";
import type { View } from "../context.ts";
import { LOCALES, numberFormat } from "../texts/plural.ts";
import {
  retainedChannels,
  type SectionName,
  TICKED,
  type Typed,
  typedDefaults,
  typedOf,
} from "./sections.ts";

/** What the fields of a section show. */
export interface FieldsProps {
  readonly view: View;
  readonly service: Service;
  readonly typed: Typed;
  readonly faults: readonly FormFault[];
}

/** Says whether a field has its default, and else what it is. */
function defaultText(
  { view, service }: FieldsProps,
  name: string,
  wordOf = (value: string) => value,
): string {
  const { settings: texts } = view.texts;
  const standard = typedDefaults(service)[name] ?? "";
  if (typedOf(service)[name] === standard) return texts.isDefault;
  return texts.defaultIs(standard === "" ? texts.none : wordOf(standard));
}

function TextField(
  { props, hint, ...field }: Omit<FieldProps, "fault" | "faultPrefix" | "value" | "hint"> & {
    readonly props: FieldsProps;
    readonly hint: string;
  },
): JSX.Element {
  const { view, typed, faults } = props;
  return (
    <Field
      {...field}
      hint={hint}
      autocomplete="off"
      fault={messageOf(faults, field.name)}
      faultPrefix={view.texts.shell.errorPrefix}
      value={typed[field.name]}
    />
  );
}

/** The languages that a service chooses from: those of the pages, and its own. */
function languagesOf({ settings: { language } }: Service): readonly string[] {
  return [...new Set<string>([...ACCOUNT_LANGUAGES, language])];
}

/** The fields of each section. */
export const FIELDS: Readonly<Record<SectionName, (props: FieldsProps) => JSX.Element>> = {
  name: (props) => {
    const { view, service, typed, faults } = props;
    const { settings: texts, shell } = view.texts;
    const names = new Intl.DisplayNames(LOCALES[view.language], { type: "language" });
    const nameOf = (tag: string) => names.of(tag) ?? tag;
    return (
      <>
        <TextField props={props} name="name" label={texts.name} hint={texts.nameHint} />
        <Choices
          name="language"
          type="radio"
          legend={texts.language}
          hint={defaultText(props, "language", nameOf)}
          fault={messageOf(faults, "language")}
          faultPrefix={shell.errorPrefix}
          choices={languagesOf(service).map((tag) => ({ value: tag, label: nameOf(tag) }))}
          chosen={[typed.language ?? ""]}
        />
      </>
    );
  },
  texts: (props) => {
    const { view, typed, faults } = props;
    const { settings: texts, shell } = view.texts;
    return (
      <>
        <Choices
          name="sms_prefix"
          type="checkbox"
          legend={texts.prefix}
          hint={defaultText(props, "sms_prefix", () => texts.yes)}
          faultPrefix={shell.errorPrefix}
          choices={[{ value: TICKED, label: texts.prefixOn }]}
          chosen={[typed.sms_prefix ?? ""]}
        />
        <Choices
          name="sms_encoding"
          type="radio"
          legend={texts.encoding}
          hint={defaultText(props, "sms_encoding", () => texts.encodings.unicode[0])}
          fault={messageOf(faults, "sms_encoding")}
          faultPrefix={shell.errorPrefix}
          choices={SMS_ENCODINGS.map((value) => {
            const [label, hint] = texts.encodings[value];
            return { value, label, hint };
          })}
          chosen={[typed.sms_encoding ?? ""]}
        />
      </>
    );
  },
  times: (props) => {
    const { settings: texts } = props.view.texts;
    return (
      <>
        <TextField
          props={props}
          name="time_zone"
          label={texts.timeZone}
          hint={`${texts.timeZoneHint}. ${defaultText(props, "time_zone")}`}
          spellcheck={false}
        />
        <TextField
          props={props}
          name="quiet_start"
          type="time"
          class="short"
          label={texts.quietStart}
          hint={`${texts.quietHint}. ${defaultText(props, "quiet_start")}`}
        />
        <TextField
          props={props}
          name="quiet_end"
          type="time"
          class="short"
          label={texts.quietEnd}
          hint={defaultText(props, "quiet_end")}
        />
      </>
    );
  },
  retention: (props) => {
    const { settings: texts } = props.view.texts;
    const { least } = RETENTION_DAYS;
    const numbers = numberFormat(props.view.language);
    return (
      <>
        {retainedChannels(props.service.settings).map((channel) => {
          const most = channel === "inbox" ? INBOX_RETENTION_DAYS_MOST : RETENTION_DAYS.most;
          const bounds = texts.retentionHint(numbers.format(least), numbers.format(most));
          const name = `retention_${channel}`;
          return (
            <TextField
              key={channel}
              props={props}
              name={name}
              class="short"
              inputmode="numeric"
              label={texts.retention[channel]}
              hint={`${bounds}. ${defaultText(props, name)}`}
            />
          );
        })}
      </>
    );
  },
  lists: (props) => {
    const { settings: texts } = props.view.texts;
    return (
      <TextField
        props={props}
        name="pause_at_failures"
        class="short"
        inputmode="numeric"
        label={texts.pauseAt}
        hint={`${texts.pauseAtHint} ${defaultText(props, "pause_at_failures")}`}
      />
    );
  },
  limits: (props) => {
    const { settings: texts, goLiveRequests } = props.view.texts;
    return (
      <>
        {limitsOf(props.service.settings).map((limit) => (
          <TextField
            key={limit}
            props={props}
            name={`limit_${limit}`}
            class="short"
            inputmode="numeric"
            label={goLiveRequests.limit[limit]}
            hint={texts.limitHint}
          />
        ))}
        <TextField
          props={props}
          name="rate_limit"
          class="short"
          inputmode="numeric"
          label={texts.rate}
          hint={defaultText(props, "rate_limit")}
        />
      </>
    );
  },
};
