/** The pages that ask before something is done with a message. */
import type { JSX } from "hono/jsx/jsx-runtime";
import type { Service } from "../../../domain/service/service.ts";
import { ErrorSummary, type FormFault, messageOf } from "../components/error_summary.tsx";
import { Field } from "../components/field.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import type { View } from "../context.ts";
import { PAGES, pathOf } from "../pages.ts";
import { ServiceLayout } from "../services/service_layout.tsx";

interface ActionPageProps {
  readonly view: View;
  readonly service: Service;
  readonly messageId: string;
  readonly action: "cancel" | "resend" | "suppress";
  /** The id that the new message or the suppression will have: a form that is sent twice does it once. */
  readonly id?: string;
  readonly reason?: string;
  readonly faults?: readonly FormFault[];
}

/** Asks whether to cancel a message, to send it again, or to send its recipient no more. */
export function ActionPage(props: ActionPageProps): JSX.Element {
  const { view, service, messageId, action, id, faults = [] } = props;
  const { message: words, shell } = view.texts;
  const { title, text, button } = {
    cancel: { title: words.cancelTitle, text: words.cancelText, button: words.cancel },
    resend: { title: words.resendTitle, text: words.resendText, button: words.resend },
    suppress: { title: words.suppressTitle, text: words.suppressText, button: words.suppress },
  }[action];
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={title}
      here="messages"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{title}</h1>
      <p>{text}</p>
      <Form view={view} class="form" hidden={{ id }}>
        {action !== "suppress" ? null : (
          <Field
            name="reason"
            label={words.suppressReason}
            hint={words.suppressReasonHint}
            autocomplete="off"
            value={props.reason}
            fault={messageOf(faults, "reason")}
            faultPrefix={shell.errorPrefix}
          />
        )}
        <div class="buttons">
          <SubmitButton kind={action === "resend" ? "main" : "danger"}>{button}</SubmitButton>
          <a href={pathOf(PAGES.message, { service_id: service.id, message_id: messageId })}>
            {words.goBack}
          </a>
        </div>
      </Form>
    </ServiceLayout>
  );
}
