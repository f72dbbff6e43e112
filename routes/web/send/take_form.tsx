/** The form of a message, as the pressed button says: checked, sent, or shown again. */
import type { OneMessage, PartyRefusal } from "../../../application/sending/send_one.ts";
import { OWN_SERVICE_ID } from "../../../domain/accounts/own_messages.ts";
import { parseTemplateId, parseUuid } from "../../../domain/ids.ts";
import { formatRecipient } from "../../../domain/recipient/recipient.ts";
import { isSmokeTestRecipient } from "../../../domain/recipient/simulated.ts";
import type { Refusal } from "../../../domain/sending/refusal.ts";
import type { Service } from "../../../domain/service/service.ts";
import type { SuppressionCause } from "../../../domain/suppression/suppression.ts";
import { previewDraft } from "../../../domain/template/preview_draft.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { answerPage } from "../../pages/answer_page.ts";
import type { FormFault } from "../components/error_summary.tsx";
import { serviceOf, sessionOf, type WebContext } from "../context.ts";
import { readForm } from "../forms.ts";
import { seesRecipients } from "../messages/routes.tsx";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { CheckPage } from "./check_page.tsx";
import { type MessageForm, readMessageForm, toRequest } from "./message_form.ts";
import { MessagePage } from "./message_page.tsx";
import { faultOfRefusal, statusOfSendRefusal } from "./send_faults.ts";

/** The service that the address names. @throws PageError 404 for Hark's own, whose messages people do not send */
export function sendingServiceOf(c: WebContext): Service {
  const service = serviceOf(c);
  if (service.id === OWN_SERVICE_ID) throw new PageError(404);
  return service;
}

/** Returns the newest version of the template that the address names. @throws PageError 404 when there is none */
export async function loadTemplate(
  c: WebContext,
  { management }: Pick<WebPorts, "management">,
): Promise<TemplateVersion> {
  const id = parseTemplateId(c.req.param("template_id"));
  const template = id && await management.getTemplate(serviceOf(c).id, id);
  if (template === undefined) throw new PageError(404);
  return template;
}

/** A form that was sent, with what it is checked by. */
interface SentForm {
  readonly form: MessageForm;
  readonly service: Service;
  readonly template: TemplateVersion;
}

/** Checks the message, sends it, or shows the form again, as the pressed button says. */
export async function takeForm(c: WebContext, ports: WebPorts): Promise<Response> {
  const fields = await readForm(c);
  const service = sendingServiceOf(c);
  const template = await loadTemplate(c, ports);
  const id = parseUuid(fields.text("id"));
  if (id === undefined) throw new PageError(403);
  const sent: SentForm = { form: readMessageForm(fields, id, template), service, template };
  const step = fields.text("step");
  if (step === "edit") return await answerForm(c, sent, [], 200);
  const now = ports.clock.now();
  const faults = faultsBefore(c, sent);
  const read = toRequest(sent.form, template, service, now, c.var.view.texts);
  if (faults.length > 0 || read.kind === "faults") {
    const all = read.kind === "faults" ? [...faults, ...read.faults] : faults;
    return await answerForm(c, sent, all, 422);
  }
  const message: OneMessage = {
    serviceId: service.id,
    authorId: sessionOf(c).user.id,
    keyKind: "live",
    request: read.request,
    version: { version: template.version, mustBeNewest: true },
    root: c.var.root,
  };
  return step === "send"
    ? await sendMessage(c, ports, sent, message)
    : await checkMessage(c, ports, sent, message);
}

/** What stops the message whatever its fields are. */
function faultsBefore(
  c: WebContext,
  { form, service, template }: SentForm,
): readonly FormFault[] {
  const { faults } = c.var.view.texts.send;
  if (template.archived) return [{ message: faults.archived }];
  if (form.version !== template.version) return [{ message: faults.changed }];
  const recipient = formatRecipient(form.to, service.settings.country);
  return isSmokeTestRecipient(template.channel, recipient)
    ? [{ field: "to", message: faults.testRecipient }]
    : [];
}

async function checkMessage(
  c: WebContext,
  ports: WebPorts,
  sent: SentForm,
  message: OneMessage,
): Promise<Response> {
  const plan = await ports.sendOne.check(message, { hidesSuppressions: !seesRecipients(c) });
  if (!plan.ok) return await answerRefused(c, ports, sent, plan.refusal);
  const { template, notification } = plan.value;
  const preview = previewDraft(sent.service, template, notification.personal.personalisation);
  return answerPage(
    c,
    <CheckPage
      view={c.var.view}
      service={sent.service}
      form={sent.form}
      plan={plan.value}
      preview={preview}
      now={ports.clock.now()}
    />,
  );
}

/** Sends the message once, however often its form is sent, and leads on to what became of it. */
async function sendMessage(
  c: WebContext,
  ports: WebPorts,
  sent: SentForm,
  message: OneMessage,
): Promise<Response> {
  const result = await ports.sendOne.send(message, {
    path: c.req.path,
    idempotencyKey: `form ${sent.form.id}`,
    present: ({ notification }) => JSON.stringify({ id: notification.id }),
    waitUntil: requestOf(c).waitUntil,
    waitForDuplicate: c.req.raw.signal,
  });
  if (!result.ok) return await answerRefused(c, ports, sent, result.refusal);
  const { id }: { readonly id: string } = JSON.parse(result.value.answer);
  c.get("requestLog").notificationId = id;
  const values = { service_id: sent.service.id, notification_id: id };
  return c.redirect(pathOf(PAGES.sentOne, values), 303);
}

async function answerRefused(
  c: WebContext,
  ports: WebPorts,
  sent: SentForm,
  refusal: Refusal | PartyRefusal,
): Promise<Response> {
  if (refusal.kind === "own-service") throw new PageError(403);
  const cause = refusal.kind === "recipient-suppressed" && seesRecipients(c)
    ? await findCause(ports, sent)
    : undefined;
  const fault = faultOfRefusal(refusal, { view: c.var.view, cause });
  // A form that has sent its message gets a new id, so that a second message can be meant.
  const form = refusal.kind === "idempotency-key-reused"
    ? { ...sent.form, id: ports.clock.newId() }
    : sent.form;
  return await answerForm(c, { ...sent, form }, [fault], statusOfSendRefusal(refusal));
}

/** Why the recipient is suppressed. */
async function findCause(
  { suppressions }: Pick<WebPorts, "suppressions">,
  { form, service, template: { channel } }: SentForm,
): Promise<SuppressionCause | undefined> {
  if (channel !== "sms" && channel !== "email") return undefined;
  const recipient = formatRecipient(form.to, service.settings.country);
  return (await suppressions.find(service.id, channel, recipient))?.because;
}

/** Shows the form with what was typed. After a change of the template it is that of the new version. */
async function answerForm(
  c: WebContext,
  { form, service, template }: SentForm,
  faults: readonly FormFault[],
  status: 200 | 422 | 429,
): Promise<Response> {
  const shown = { ...form, version: template.version };
  return await answerPage(
    c,
    <MessagePage
      view={c.var.view}
      service={service}
      template={template}
      form={shown}
      faults={faults}
    />,
    status,
  );
}
