import type { JSX } from "hono/jsx/jsx-runtime";
import type { Sender } from "../../../domain/service/sender.ts";
import type { Service } from "../../../domain/service/service.ts";
import { Choices } from "../components/choices.tsx";
import { type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { Tag } from "../components/tag.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { TICKED } from "./sections.ts";

/** The channels that have senders, with the name of the field of a new one. */
export const SENDER_FIELDS = { sms: "sms_sender", email: "email_address" } as const;
/** A channel that has senders. */
export type SenderChannel = keyof typeof SENDER_FIELDS;

interface SendersProps {
  readonly view: View;
  readonly service: Service;
  readonly channel: SenderChannel;
  readonly senders: readonly Sender[];
  /** The id that a new sender will have: a form that is sent twice adds one. */
  readonly newId: string;
  readonly typed?: string | undefined;
  readonly faults: readonly FormFault[];
}

/** The senders of texts of a service, or its reply-to addresses, and the form that adds one. */
export function Senders(props: SendersProps): JSX.Element {
  const { view, service, channel, senders } = props;
  const texts = view.texts.settings.senders[channel];
  const ofChannel = senders.filter((sender) => sender.channel === channel);
  return (
    <section class="card" id={`senders-${channel}`} aria-labelledby={`senders-${channel}-title`}>
      <h2 id={`senders-${channel}-title`}>{texts.title}</h2>
      <p class="quiet">{texts.lead}</p>
      {ofChannel.length === 0 ? <p>{texts.none}</p> : (
        <ul class="list">
          {ofChannel.map((sender) => (
            <li key={sender.id}>
              <span>
                <bdi>{sender.value}</bdi>{" "}
                {sender.isDefault ? <Tag>{view.texts.settings.senders.isDefault}</Tag> : null}
              </span>
              {service.active
                ? <SenderActions view={view} service={service} sender={sender} />
                : null}
            </li>
          ))}
        </ul>
      )}
      {service.active ? <AddForm {...props} /> : null}
    </section>
  );
}

function SenderActions(
  { view, service, sender }: {
    readonly view: View;
    readonly service: Service;
    readonly sender: Sender;
  },
): JSX.Element {
  const { senders } = view.texts.settings;
  return (
    <Form
      view={view}
      class="buttons"
      action={pathOf(PAGES.senders, { service_id: service.id })}
      hidden={{ sender_id: sender.id, channel: sender.channel }}
    >
      {sender.isDefault ? null : (
        <SubmitButton
          kind="link"
          name="action"
          value="default"
          label={senders.makeDefaultOf(sender.value)}
        >
          {senders.makeDefault}
        </SubmitButton>
      )}
      <SubmitButton
        kind="link"
        name="action"
        value="remove"
        label={senders.removeOf(sender.value)}
      >
        {senders.remove}
      </SubmitButton>
    </Form>
  );
}

function AddForm({ view, service, channel, newId, typed, faults }: SendersProps): JSX.Element {
  const { settings, shell } = view.texts;
  const texts = settings.senders[channel];
  const name = SENDER_FIELDS[channel];
  return (
    <Form
      view={view}
      class="form"
      action={pathOf(PAGES.senders, { service_id: service.id })}
      hidden={{ sender_id: newId, channel, action: "add" }}
    >
      <Field
        name={name}
        type={channel === "email" ? "email" : "text"}
        label={texts.add}
        hint={texts.hint}
        autocomplete="off"
        spellcheck={false}
        fault={messageOf(faults, name)}
        faultPrefix={shell.errorPrefix}
        value={typed}
      />
      <Choices
        name={`${name}_default`}
        type="checkbox"
        legend={settings.senders.use}
        faultPrefix={shell.errorPrefix}
        choices={[{ value: TICKED, label: settings.senders.asDefault }]}
        chosen={[]}
      />
      <div class="buttons">
        <SubmitButton kind="plain">{texts.addButton}</SubmitButton>
      </div>
    </Form>
  );
}
