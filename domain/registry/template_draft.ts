/** A template that a registry publishes, and the checks that need no more than the template itself. */
import type { RegistryTemplate } from "../ports/registry_template_store.ts";
import { ok, refuse, type Result } from "../result.ts";
import { LONGEST_FILLED } from "../sending/plan_content.ts";
import type { Steps } from "../steps/steps.ts";
import type { Channel } from "../service/service.ts";
import { checksumInput } from "../template/checksum.ts";
import { attributeOf, type TemplateAttribute } from "../template/diia.ts";
import { isEmptyMessage } from "../template/empty_message.ts";
import { fixedSize } from "../template/filled_size.ts";
import { hasTooManyFixedTokens, hasTooManyWrittenTokens } from "../template/markup_tokens.ts";
import { hasTooManyPlaceholders } from "../template/placeholders.ts";
import { syntaxOf } from "../template/published_syntax.ts";
import { checkTemplateSteps } from "../template/parse_template.ts";
import type { Template } from "../template/template.ts";

/** The attributes without which Diia refuses a template: it shows messages by them. */
const DIIA_ATTRIBUTES = ["actionType", "templateType", "shortText"] as const;

/** A template that a registry wants to publish. */
export interface TemplateDraft {
  readonly channel: Channel;
  /** The name by which the registry finds the template, unique within its channel. */
  readonly name: string;
  /** The subject. */
  readonly title: string | null;
  /** The body. */
  readonly content: string;
  /** Named values beside title and content, such as Diia's `shortText`. */
  readonly attributes: readonly TemplateAttribute[];
}

/** Why a draft cannot be published. */
export type DraftFault =
  /** Diia requires these fields: paths such as `attributes.shortText`. */
  | { readonly kind: "diia-fields-missing"; readonly fields: readonly string[] }
  /** The content is not valid FreeMarker: `line` and `column` count from 1. */
  | {
    readonly kind: "content-not-valid";
    readonly message: string;
    readonly line: number;
    readonly column: number;
  }
  /** The content is longer, or has more markup or placeholders, than a message of the channel may have. */
  | { readonly kind: "content-too-long"; readonly channel: Channel };

/**
 * Parses a draft, and checks it against the limits of its channel, in steps. Nothing is stored.
 *
 * @returns the parsed template
 */
export function* checkDraftSteps(draft: TemplateDraft): Steps<Result<Template, DraftFault>> {
  const { channel, title, content, attributes } = draft;
  const missing = channel === "diia" ? missingDiiaFields(draft) : [];
  if (missing.length > 0) return refuse({ kind: "diia-fields-missing", fields: missing });
  const syntax = syntaxOf({ title, content }, channel);
  const source = { channel, syntax, subject: title, body: content, attributes };
  // Before it is parsed whole, which takes long for a long text.
  const isPlain = channel !== "diia" && syntax !== "freemarker";
  if (isPlain && (hasTooManyPlaceholders(content) || hasTooManyWrittenTokens(source))) {
    return refuse({ kind: "content-too-long", channel });
  }
  yield;
  const template = yield* checkTemplateSteps(source);
  if (!template.ok) {
    const { message, line, column } = template.refusal;
    return refuse({ kind: "content-not-valid", message, line, column });
  }
  yield;
  if (isAlwaysEmpty(template.value)) {
    const message = "The message would be empty, whatever its values are";
    return refuse({ kind: "content-not-valid", message, line: 1, column: 1 });
  }
  yield;
  return fixedSize(template.value) > LONGEST_FILLED[channel] ||
      hasTooManyFixedTokens(template.value)
    ? refuse({ kind: "content-too-long", channel })
    : ok(template.value);
}

/** Longer templates are not checked for showing nothing: filling one takes too long for a request. */
export const LONGEST_EMPTY = 20_000;

/**
 * Whether a FreeMarker template has neither values nor conditions, and its text shows nothing: it could never be sent.
 */
function isAlwaysEmpty(template: Template): boolean {
  return template.channel !== "diia" && template.syntax === "freemarker" &&
    template.source.body.length <= LONGEST_EMPTY &&
    template.body.every((part) => typeof part === "string") && isEmptyMessage(template, {});
}

function missingDiiaFields({ title, attributes }: TemplateDraft): readonly string[] {
  const isEmpty = (value: string | null | undefined) => (value ?? "") === "";
  const missing = DIIA_ATTRIBUTES.filter((name) => isEmpty(attributeOf(attributes, name)));
  return [...(isEmpty(title) ? ["title"] : []), ...missing.map((name) => `attributes.${name}`)];
}

/**
 * Whether a published template has the title, content and syntax of the draft, so that no new version is needed.
 * Attributes are compared for Diia only, where they are part of the published content.
 */
export function hasSameContent(draft: TemplateDraft, published: RegistryTemplate): boolean {
  const { channel, attributes, template } = published;
  const { subject: title, body: content, externalId, syntax } = template;
  if (draft.title !== title) return false;
  // A template that was edited through another API keeps its syntax, which may differ from the draft's.
  if (channel !== "diia" && syntax !== syntaxOf(draft, channel)) return false;
  return checksumInput(channel, draft) === checksumInput(channel, { title, content, attributes }) &&
    (channel !== "diia" || externalId !== null);
}
