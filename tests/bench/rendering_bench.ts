import { composeInSteps } from "../../domain/delivery/compose_message.ts";
import { runSteps } from "../../domain/steps/steps.ts";
import { renderEmailContent } from "../../domain/template/email/email.ts";
import { measureSms, renderSms } from "../../domain/template/sms/sms.ts";
import { parseTemplate } from "../../domain/template/parse_template.ts";
import { openBenchHark } from "./bench_hark.ts";
import { callCase, measure, type Parts } from "./measure.ts";
import {
  EMAIL_PERSONALISATION,
  EMAIL_TEMPLATE,
  SMS_PERSONALISATION,
  SMS_TEMPLATE,
} from "./messages.ts";
import { startPlanning } from "./plans.ts";

const CALLS = 200;
const ROUNDS = 9;

/** Measures rendering: the content in the API's response, and the message for the provider. */
export async function benchRendering(folder: string): Promise<readonly Parts[]> {
  const bench = await openBenchHark(`${folder}/rendering.db`);
  const text = parseTemplate({ ...SMS_TEMPLATE, subject: null });
  const email = parseTemplate(EMAIL_TEMPLATE);
  const planning = await startPlanning(bench, "email");
  const { notification, template } = planning.plan();
  const { service } = planning.context;
  const options = { prefix: undefined, encoding: service.settings.sms_encoding };
  const costs = await measure(ROUNDS, [
    callCase(
      "a text: values in, fragments counted",
      CALLS,
      () => measureSms(renderSms(text, SMS_PERSONALISATION, options)),
    ),
    callCase(
      "an e-mail of 2 kB, 10 placeholders: subject and body",
      CALLS,
      () => renderEmailContent(email, EMAIL_PERSONALISATION),
    ),
    callCase(
      "the same as it is sent: HTML and plain text",
      CALLS,
      () => runSteps(composeInSteps(notification, template, service, "http://hark.bench/")),
    ),
    callCase("parsing the e-mail's template", CALLS, () => parseTemplate(EMAIL_TEMPLATE)),
  ]);
  await bench.close();
  return [{ title: "rendering", costs }];
}
