import type { JSX } from "hono/jsx/jsx-runtime";
import { decideDelivery } from "../../../domain/delivery/decide_delivery.ts";
import type { Plan } from "../../../domain/sending/plan_notification.ts";
import { countryOfNumber } from "../../../domain/recipient/phone.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { Preview } from "../../../domain/template/preview.ts";
import { Form, SubmitButton } from "../components/form.tsx";
import { costText, NoPrices } from "../components/cost.tsx";
import { Notice } from "../components/notice.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { formatTime } from "../texts/dates.ts";
import { hiddenFields, type MessageForm } from "./message_form.ts";

interface CheckPageProps {
  readonly view: View;
  readonly service: Service;
  readonly form: MessageForm;
  /** The message as it would be accepted now. */
  readonly plan: Plan;
  /** The message as it is sent. */
  readonly preview: Preview;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Shows the message with everything filled in, before it is sent. */
export function CheckPage(props: CheckPageProps): JSX.Element {
  const { view, service, form, plan: { template, notification } } = props;
  const { send } = view.texts;
  const isLater = notification.delivery?.scheduledFor !== undefined;
  const ids = { service_id: service.id, template_id: template.id };
  return (
    <ServiceLayout view={view} service={service} title={send.checkTitle} here="send">
      <h1>{send.checkTitle}</h1>
      <p>{send.checkLead}</p>
      <Warnings {...props} />
      <section class="card" aria-label={send.preview}>
        <Facts {...props} />
        {props.preview.sms !== null && view.smsPrices === undefined
          ? <NoPrices view={view} />
          : null}
        <MessageText {...props} />
      </section>
      <Form
        view={view}
        action={pathOf(PAGES.sendOne, ids)}
        class="form"
        hidden={hiddenFields(form)}
      >
        <div class="buttons">
          <SubmitButton name="step" value="send">
            {isLater ? send.sendLater : send.sendNow}
          </SubmitButton>
          <SubmitButton kind="plain" name="step" value="edit">{send.change}</SubmitButton>
          {template.channel === "email"
            ? (
              <button
                type="submit"
                class="link"
                formaction={pathOf(PAGES.sendOneMail, ids)}
                formtarget="_blank"
              >
                {send.showLayout}
              </button>
            )
            : null}
        </div>
      </Form>
    </ServiceLayout>
  );
}

/** What holds the message back, or costs more. */
function Warnings({ view, service, plan: { notification }, now }: CheckPageProps): JSX.Element {
  const { send } = view.texts;
  const at = Math.max(notification.delivery?.scheduledFor ?? now, now);
  const decision = decideDelivery(notification, service.settings, at);
  const { time_zone: zone } = service.settings;
  return (
    <>
      {decision.kind === "hold"
        ? (
          <Notice>
            <p>{send.quietHours(formatTime(decision.until, view.language, zone))}</p>
          </Notice>
        )
        : null}
      {notification.international
        ? (
          <Notice>
            <p>{send.abroad}</p>
          </Notice>
        )
        : null}
    </>
  );
}

function Facts(
  { view, service, form, plan: { notification }, preview }: CheckPageProps,
): JSX.Element {
  const { send } = view.texts;
  const { scheduledFor } = notification.delivery ?? {};
  const { sms } = preview;
  const cost = sms === null ? undefined : costText(
    view,
    countryOfNumber(notification.personal.recipient),
    sms.measure.fragments,
  );
  const rows = [
    [send.to, notification.personal.to],
    [send.from, notification.sender],
    ...(preview.subject === null ? [] : [[send.subject, preview.subject] as const]),
    [
      send.sendingTime,
      scheduledFor === undefined
        ? send.atOnce
        : formatTime(scheduledFor, view.language, service.settings.time_zone),
    ],
    ...(form.reference === "" ? [] : [[send.reference, form.reference] as const]),
    ...(sms === null ? [] : [
      [
        send.length,
        `${send.fragments(sms.measure.characters)}, ${send.paidAs(sms.measure.fragments)}`,
      ] as const,
    ]),
    ...(cost === undefined ? [] : [[view.texts.prices.cost, cost] as const]),
  ] as const;
  return (
    <dl class="facts">
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd dir="auto">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The text of the message, with its line breaks. */
function MessageText({ view, plan: { template }, preview }: CheckPageProps): JSX.Element {
  const { send } = view.texts;
  return (
    <>
      <h2>{send.preview}</h2>
      <pre class="message" dir="auto">{preview.text}</pre>
      {template.channel === "email" ? <p class="hint">{send.previewPlain}</p> : null}
    </>
  );
}
