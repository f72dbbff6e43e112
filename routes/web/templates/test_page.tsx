import type { Hono } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { User } from "../../../domain/accounts/account.ts";
import { parseUuid } from "../../../domain/ids.ts";
import type { Channel } from "../../../domain/service/service.ts";
import { missingPersonalisation } from "../../../domain/template/template.ts";
import type { TemplateVersion } from "../../../domain/template/template_record.ts";
import { answerPage } from "../../pages/answer_page.ts";
import { ErrorSummary, type FormFault } from "../components/error_summary.tsx";
import { Form, SubmitButton } from "../components/form.tsx";
import { serviceOf, sessionOf, type WebContext, type WebEnv } from "../context.ts";
import { readForm } from "../forms.ts";
import { PageError } from "../page_error.ts";
import { PAGES, pathOf } from "../pages.ts";
import { requestOf, type WebPorts } from "../ports.ts";
import { faultOfRefusal, statusOfSendRefusal } from "../send/send_faults.ts";
import { ServiceLayout } from "../services/service_layout.tsx";
import { openDraft, readValues, valueField } from "./draft.ts";
import { PreviewPanel, type PreviewProps } from "./preview.tsx";
import { TriedValues } from "./tried_values.tsx";
import { templateIdOf } from "./template_routes.tsx";
import { typedOf } from "./typed_template.ts";

interface TestPageProps extends PreviewProps {
  readonly template: TemplateVersion;
  /** Where the test goes: the person's own address or number; `undefined` when there is none. */
  readonly to: string | undefined;
  /** The form's single-use token. */
  readonly token: string;
  readonly faults?: readonly FormFault[];
}

/** Asks for the values of a test. */
function TestPage(props: TestPageProps): JSX.Element {
  const { view, service, template, draft, to, token, faults = [] } = props;
  const { template: texts, shell, fields } = view.texts;
  const ids = { service_id: service.id, template_id: template.id };
  return (
    <ServiceLayout
      view={view}
      service={service}
      title={texts.testTitle}
      here="templates"
      hasFaults={faults.length > 0}
    >
      <ErrorSummary title={shell.summary} faults={faults} />
      <h1>{texts.testTitle}</h1>
      <p>{to === undefined ? texts.testNoNumber : texts.testLead(to)}</p>
      <Form view={view} class="editor" hidden={{ token }}>
        <div class="stack card">
          <TriedValues view={view} draft={draft} />
          <div class="buttons">
            {to === undefined ? null : <SubmitButton>{texts.testSend}</SubmitButton>}
            <a href={pathOf(PAGES.template, ids)}>{fields.cancel}</a>
          </div>
        </div>
        <section class="stack side" aria-label={view.texts.editor.preview}>
          <PreviewPanel {...props} mail={template.id} />
        </section>
      </Form>
    </ServiceLayout>
  );
}

/** The person's own address or number, which was proved; `undefined` when there is none. */
function ownRecipient({ emailAddress, mobileNumber }: User, channel: Channel): string | undefined {
  return channel === "email" ? emailAddress : mobileNumber;
}

/** Adds the page that sends a test of a template to the person who asks for it. */
export function addTestPage(app: Hono<WebEnv>, ports: WebPorts): void {
  app.get(PAGES.testTemplate.path, async (c) => {
    return await answerTest(c, ports, ports.clock.newId(), {});
  });
  app.post(PAGES.testTemplate.path, async (c) => {
    const form = await readForm(c);
    const service = serviceOf(c);
    const { user } = sessionOf(c);
    const token = parseUuid(form.text("token"));
    if (token === undefined) throw new PageError(403);
    const template = await ports.management.getTemplate(service.id, templateIdOf(c));
    if (template === undefined) throw new PageError(404);
    const values = Object.fromEntries(
      template.parsed.placeholders.map((name) => [name, form.text(valueField(name))])
        .filter(([, value]) => value !== ""),
    );
    const { view } = c.var;
    const missing = missingPersonalisation(template.parsed, values);
    const refuse = (faults: readonly FormFault[]) =>
      answerTest(c, ports, token, readValues(form), faults);
    if (missing.length > 0) {
      const names = template.parsed.placeholders;
      return await refuse(missing.map((name) => ({
        field: names.includes(name) ? `value-${names.indexOf(name)}` : undefined,
        message: view.texts.template.testValueMissing(name),
      })));
    }
    const to = ownRecipient(user, template.channel);
    if (to === undefined) return await refuse([{ message: view.texts.template.testNoNumber }]);
    const sent = await ports.sendOne.send(
      {
        serviceId: service.id,
        authorId: user.id,
        keyKind: "live",
        request: {
          channel: template.channel,
          to,
          template: { by: "id", id: template.id },
          personalisation: values,
          reference: null,
          senderId: null,
          oneClickUnsubscribeUrl: null,
          sanitise: [],
        },
        version: { version: template.version, mustBeNewest: false },
        root: c.var.root,
      },
      {
        path: c.req.path,
        idempotencyKey: `form ${token}`,
        present: () => "",
        waitUntil: requestOf(c).waitUntil,
        waitForDuplicate: c.req.raw.signal,
      },
    );
    if (!sent.ok) {
      const { message } = faultOfRefusal(sent.refusal, { view, cause: undefined });
      return await answerTest(
        c,
        ports,
        token,
        values,
        [{ message }],
        statusOfSendRefusal(sent.refusal),
      );
    }
    const page = pathOf(PAGES.template, { service_id: service.id, template_id: template.id });
    return c.redirect(`${page}?tested=1`, 303);
  });
}

async function answerTest(
  c: WebContext,
  { management, senderDefaults }: WebPorts,
  token: string,
  tried: Readonly<Record<string, string>>,
  faults: readonly FormFault[] = [],
  status: 200 | 422 | 429 = faults.length === 0 ? 200 : 422,
): Promise<Response> {
  const service = serviceOf(c);
  const opened = await management.openTemplate(service.id, templateIdOf(c));
  if (opened === undefined) throw new PageError(404);
  const { template } = opened;
  if (template.archived || (template.channel !== "sms" && template.channel !== "email")) {
    throw new PageError(403);
  }
  const page = (
    <TestPage
      {...opened}
      view={c.var.view}
      service={service}
      draft={await openDraft(service, typedOf(template), tried)}
      defaults={senderDefaults}
      to={ownRecipient(sessionOf(c).user, template.channel)}
      token={token}
      faults={faults}
    />
  );
  return await answerPage(c, page, status);
}
