import { isEmptyMessage } from "../../domain/template/empty_message.ts";
import {
  renderEmailBody,
  renderEmailContent,
  renderEmailText,
  renderSubject,
} from "../../domain/template/email/email.ts";
import { downgradeToAscii, downgradeToSms } from "../../domain/template/sms/gsm7.ts";
import { decodeReferences } from "../../domain/template/html_text.ts";
import { normalisedName } from "../../domain/template/normalised_name.ts";
import { runSteps } from "../../domain/steps/steps.ts";
import { parseDocument } from "../../domain/template/markdown/document.ts";
import { HTML_RENDERERS } from "../../domain/template/markdown/html.ts";
import { renderInSteps } from "../../domain/template/markdown/renderer.ts";
import { textRenderer } from "../../domain/template/markdown/text.ts";
import { strip } from "../../domain/python_compat/text.ts";
import {
  sanitiseContent,
  sanitisePersonalisation,
} from "../../domain/template/sanitise_content.ts";
import {
  countSms,
  renderSms,
  SMS_FRAGMENTS,
  SMS_MAX_CHARACTERS,
  type SmsOptions,
} from "../../domain/template/sms/sms.ts";
import { exactValues, fill } from "../../domain/template/fill.ts";
import { filledSize } from "../../domain/template/filled_size.ts";
import { MAX_FILLED_CHARACTERS } from "../../domain/template/freemarker/limits.ts";
import { parseTemplate } from "../../domain/template/parse_template.ts";
import {
  missingPersonalisation,
  type Personalisation,
  type Template,
} from "../../domain/template/template.ts";
import { z } from "zod";
import type { Ops } from "./ops.ts";
import { checkTemplate } from "../support/check_templates.ts";

const values = z.record(z.string(), z.unknown()).nullish().transform((values): Personalisation =>
  values ?? {}
);

const placeholdersInput = z.object({ template: z.string(), subject: z.string().optional() });
const smsInput = z.object({
  template: z.string(),
  values,
  prefix: z.string().nullish(),
  show_prefix: z.boolean().optional(),
  sms_encoding: z.enum(["unicode", "downgrade"]),
});
const sanitiseInput = z.object({ text: z.string(), kind: z.enum(["sms", "ascii"]) });
const emailInput = z.object({
  template: z.string(),
  subject: z.string().optional(),
  values,
  unsubscribe_link: z.string().optional(),
});
const contentInput = z.discriminatedUnion("fn", [
  z.object({ fn: z.literal("sanitise_item"), value: z.string() }),
  z.object({
    fn: z.literal("request"),
    personalisation: z.record(z.string(), z.unknown()),
    sanitise_content_for: z.array(z.string()).nullish(),
  }),
]);

type SmsInput = z.infer<typeof smsInput>;

function smsTemplate(
  input: SmsInput,
): { readonly template: Template; readonly options: SmsOptions } {
  return {
    template: parseTemplate({ channel: "sms", subject: null, body: input.template }),
    options: {
      prefix: input.show_prefix === false ? undefined : input.prefix ?? undefined,
      encoding: input.sms_encoding,
    },
  };
}

/** How far a text reaches beyond the fragment before its last one. */
function aboveBoundary(
  units: number,
  fragments: number,
  encoding: keyof typeof SMS_FRAGMENTS,
): number {
  const { single, part } = SMS_FRAGMENTS[encoding];
  if (fragments === 1) return units;
  return units - (fragments === 2 ? single : part * (fragments - 1));
}

function smsCount(input: SmsInput): unknown {
  const { template, options } = smsTemplate(input);
  const count = countSms(template, input.values, options);
  const { charactersWithoutPrefix: own, encoding, fragments } = count;
  const units = count.characters + (encoding === "gsm7" ? count.extended : 0);
  return {
    content_count: count.characters,
    content_count_without_prefix: own,
    fragment_count: fragments,
    extended_gsm_count: count.extended,
    // The vectors sort them.
    non_gsm: count.nonGsm.toSorted(byCodePoint),
    too_long: own > SMS_MAX_CHARACTERS,
    above_limit: Math.max(own - SMS_MAX_CHARACTERS, 0),
    above_fragment_boundary: aboveBoundary(units, fragments, encoding),
    empty: own === 0,
  };
}

const TOKEN = /<(\/?)([a-z0-9]+)([^>]*)>|[^<]+/g;
const ATTRIBUTE = /(href|title|start|type)="([^"]*)"/g;

/** The structure of HTML as the vectors write it down. */
function htmlStructure(html: string): unknown[] {
  const tokens: unknown[] = [];
  let text = "";
  const flush = () => {
    const words = strip(decodeReferences(text.replace(/[ \t\r\n\f\v]+/g, " ")));
    if (words !== "") tokens.push(words);
    text = "";
  };
  for (const [whole, closing, tag, attributes] of html.matchAll(TOKEN)) {
    if (tag === undefined) text += whole;
    else if (tag !== "span") {
      flush();
      const kept = [...(attributes ?? "").matchAll(ATTRIBUTE)]
        .map(([, name, value]) => `${name}=${decodeReferences(value ?? "")}`);
      tokens.push([`${closing === "/" ? "/" : "<"}${tag}`, ...kept]);
    }
  }
  flush();
  return tokens;
}

function byCodePoint(left: string, right: string): number {
  const rights = [...right];
  for (const [index, character] of [...left].entries()) {
    const difference = (character.codePointAt(0) ?? 0) - (rights[index]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function plainEmail(input: z.infer<typeof emailInput>): unknown {
  const template = parseTemplate({
    channel: "email",
    subject: input.subject ?? "",
    body: input.template,
  });
  const content = renderEmailContent(template, input.values);
  const known = new Set(template.placeholders.map(normalisedName));
  return {
    subject: renderSubject(template, input.values),
    body: renderEmailText(template, input.values, input.unsubscribe_link),
    content_with_placeholders_filled_in: content.body,
    content_size_in_bytes: new TextEncoder().encode(content.body).length,
    empty: isEmptyMessage(template, input.values),
    missing: missingPersonalisation(template, input.values),
    additional: Object.keys(input.values).filter((name) => !known.has(normalisedName(name)))
      .toSorted(byCodePoint),
  };
}

function sanitiseItem(value: string): unknown {
  const sanitised = sanitiseContent(value);
  const document = runSteps(parseDocument(sanitised));
  return {
    sanitised,
    rendered_plain_text_stripped: strip(runSteps(renderInSteps(document, textRenderer))),
    rendered_html_inside_paragraph: runSteps(renderInSteps(document, HTML_RENDERERS.ltr))
      .replace(/^<p [^>]*>(.*)<\/p>$/s, "$1"),
  };
}

const freemarkerInput = z.object({
  template: z.string(),
  model: z.record(z.string(), z.unknown()),
});

/**
 * A registry's template with its values: the text, `error` where the platform fails and Hark refuses the template or
 * the message, `refused` where Hark must not take the template at all.
 */
function freemarker(raw: unknown, expected: unknown): unknown {
  const { template: body, model } = freemarkerInput.parse(raw);
  // A text message has no HTML, as the platform's engine has none.
  const checked = checkTemplate({ channel: "sms", syntax: "freemarker", subject: null, body });
  const isRefusal = typeof expected === "object" && expected !== null && "refused" in expected;
  if (!checked.ok) return isRefusal ? { refused: true } : { error: true };
  if (missingPersonalisation(checked.value, model).length > 0) return { error: true };
  if (filledSize(checked.value, model) > MAX_FILLED_CHARACTERS) return { error: true };
  const style = { escape: false, lists: "sentence", engine: checked.value.engine } as const;
  return { text: fill(checked.value.body, exactValues(model), style) };
}

/** Operations over templates. */
export const TEMPLATE_OPS: Ops = {
  freemarker,
  placeholders: (raw) => {
    const input = placeholdersInput.parse(raw);
    const subject = input.subject ?? null;
    return parseTemplate({ channel: "email", subject, body: input.template }).placeholders;
  },
  sms_render: (raw) => {
    const input = smsInput.parse(raw);
    const { template, options } = smsTemplate(input);
    return renderSms(template, input.values, options);
  },
  sms_count: (raw) => smsCount(smsInput.parse(raw)),
  sanitise: (raw) => {
    const input = sanitiseInput.parse(raw);
    return input.kind === "sms" ? downgradeToSms(input.text) : downgradeToAscii(input.text);
  },
  email_html: (raw) => {
    const input = emailInput.parse(raw);
    const template = parseTemplate({ channel: "email", subject: "", body: input.template });
    return htmlStructure(renderEmailBody(template, input.values, input.unsubscribe_link).html);
  },
  email_plain: (raw) => plainEmail(emailInput.parse(raw)),
  sanitise_content_for: (raw, expected) => {
    const input = contentInput.parse(raw);
    if (input.fn === "request") {
      const { personalisation, changes } = sanitisePersonalisation(
        input.personalisation,
        input.sanitise_content_for ?? [],
      );
      return { personalisation_used: personalisation, sanitised_content: changes };
    }
    // Some cases have no expected HTML.
    const item = sanitiseItem(input.value);
    const expectedKeys = new Set(Object.keys(expected ?? {}));
    return Object.fromEntries(
      Object.entries(item ?? {}).filter(([name]) => expectedKeys.has(name)),
    );
  },
};
