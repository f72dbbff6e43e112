/** What a service needs before it goes live: a checklist that evaluates itself by what is stored. */
import type { Channel, Service } from "../service/service.ts";
import type { TemplateId } from "../ids.ts";
import { type CheckedTemplate, exampleFaultOf } from "./example_words.ts";

/** The items that a service fulfils, in the order of the list. */
const SERVICE_ITEMS = [
  "purpose",
  "template",
  "managers",
  "sender",
  "reply-to",
  "test",
] as const;
/** The items that the form fulfils by which a team asks to go live. */
export const FORM_ITEMS = ["volume", "contact", "terms"] as const;
/** One item of the list. */
export type ChecklistItemName = typeof SERVICE_ITEMS[number] | typeof FORM_ITEMS[number];

/** An item and whether it is fulfilled. */
export interface ChecklistItem {
  readonly name: ChecklistItemName;
  readonly isDone: boolean;
  /** For `test`: the channels in use on which no message was delivered. */
  readonly channels?: readonly Channel[];
}

/** Max templates of a service that are evaluated, the newest. */
export const MAX_CHECKED_TEMPLATES = 50;
/** Max characters of a template's body that are evaluated. */
export const MAX_CHECKED_BODY = 2_000;

/** A template of the service, as far as it is evaluated. */
export interface StoredTemplate extends CheckedTemplate {
  readonly id: TemplateId;
  readonly channel: Channel;
}

/** What is stored about a service that wants to go live. */
export interface GoLiveFacts {
  /** Those that are not archived, newest first, at most {@link MAX_CHECKED_TEMPLATES}. */
  readonly templates: readonly StoredTemplate[];
  /** Whether at least two active people have the role `manage`. */
  readonly hasTwoManagers: boolean;
  /** The channels of which the service has a sender: of texts, or a reply-to address. */
  readonly senderChannels: readonly Channel[];
  /** The channels on which a message by a key of another kind than `test` has arrived. */
  readonly deliveredChannels: readonly Channel[];
}

/** The channels in use: those that the service may send on and has a template for. */
function channelsInUse(
  { settings }: Pick<Service, "settings">,
  { templates }: Pick<GoLiveFacts, "templates">,
): readonly Channel[] {
  return settings.channels.filter((channel) => templates.some((each) => each.channel === channel));
}

/** The first template that could be sent as it is; `undefined` when each is an example. */
export function realTemplateOf(
  { templates }: Pick<GoLiveFacts, "templates">,
): StoredTemplate | undefined {
  return templates.find((template) => exampleFaultOf(template) === undefined);
}

/**
 * Evaluates a service. The items `sender` and `reply-to` are left out while texts or e-mails are not in use.
 *
 * @param isFormSent whether the team has sent the form, which has volume, contact and terms
 */
export function evaluateChecklist(
  service: Pick<Service, "settings">,
  facts: GoLiveFacts,
  isFormSent: boolean,
): readonly ChecklistItem[] {
  const inUse = channelsInUse(service, facts);
  const { settings } = service;
  const hasSender = settings.sms_sender !== null || facts.senderChannels.includes("sms");
  const untested = inUse.filter((channel) => !facts.deliveredChannels.includes(channel));
  const only = (channel: Channel, item: ChecklistItem) => inUse.includes(channel) ? [item] : [];
  return [
    { name: "purpose", isDone: settings.purpose !== null },
    { name: "template", isDone: realTemplateOf(facts) !== undefined },
    { name: "managers", isDone: facts.hasTwoManagers },
    ...only("sms", { name: "sender", isDone: hasSender }),
    ...only("email", { name: "reply-to", isDone: facts.senderChannels.includes("email") }),
    { name: "test", isDone: inUse.length > 0 && untested.length === 0, channels: untested },
    ...FORM_ITEMS.map((name) => ({ name, isDone: isFormSent })),
  ];
}

/** The items of the service itself that are not fulfilled yet. */
export function undoneOf(
  service: Pick<Service, "settings">,
  facts: GoLiveFacts,
): readonly ChecklistItemName[] {
  return evaluateChecklist(service, facts, true).filter(({ isDone }) => !isDone).map(({ name }) =>
    name
  );
}
