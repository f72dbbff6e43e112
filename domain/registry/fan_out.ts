/** Expands a message to its notifications, one for each recipient and channel. */
import type { SendRequest } from "../sending/send_request.ts";
import { toProcessContext } from "../notification/process_context.ts";
import { parseRealm, type PersonId, personText, type Realm } from "../recipient/realm.ts";
import { type Channel, CHANNELS } from "../service/service.ts";
import type { TemplateVersion, Translations } from "../template/template_record.ts";
import type { TranslatedTemplate } from "../ports/registry_template_store.ts";
import type { UserNotification, UserRecipient } from "./user_notification.ts";
import { MINUTE_MS } from "../time/durations.ts";

/**
 * A recipient's preferences: the confirmed address of each channel that they have enabled. The inbox is always enabled.
 */
export type Preferences = Readonly<Partial<Record<Channel, string>>>;

/** One recipient's notification on one channel. */
export interface FanOutItem {
  /** The recipient's index in the message. */
  readonly recipient: number;
  readonly channel: Channel;
  /** The request to send the notification, as if it had been sent singly. */
  readonly request: SendRequest;
  /** The channel's template in the message's language, or without a language; `undefined` when there is neither. */
  readonly template: TemplateVersion | undefined;
  /** The template in other languages, by tag, for an inbox message; empty for other channels. */
  readonly translations: Translations;
  /**
   * The index in `items` of the recipient's inbox message, if this is a follow-up: it is cancelled when the recipient
   * marks that message as read before it is sent. `undefined` for another notification.
   */
  readonly followsItem: number | undefined;
}

/** Why a recipient gets no notification on a channel; the recipient's other channels are not affected. */
export type FanOutRefusal =
  | { readonly kind: "unknown-channel"; readonly channel: string }
  | { readonly kind: "no-address"; readonly channel: Channel }
  | { readonly kind: "no-recipient-id" }
  /** Preferences are ignored, and the recipient lists no channel. */
  | { readonly kind: "no-channel" }
  | { readonly kind: "channel-repeated"; readonly channel: Channel };

/** The notifications of a message to many recipients. */
export interface FanOut {
  /** Recipient by recipient, the inbox of each first. */
  readonly items: readonly FanOutItem[];
  /** The refusals; `recipient` is the recipient's index in the message. */
  readonly refused: readonly { readonly recipient: number; readonly refusal: FanOutRefusal }[];
}

/** The field with the address of each channel in a recipient's `channels`. */
const ADDRESS_FIELDS = { email: "email", sms: "phone", diia: "rnokpp" } as const;

/**
 * Expands a message to its notifications, one for each recipient and channel. Nothing is sent or checked further here.
 *
 * When preferences are ignored, a recipient gets the channels that it lists in the message. Otherwise it gets the inbox
 * and the channels that it has enabled, at their confirmed addresses. On the channel of a follow-up, the notification
 * is sent later, unless the inbox message has been acknowledged by then.
 *
 * @param templates the templates of the message's name, with their translations
 * @param preferencesOf the preferences of each recipient, by the text of {@link toPerson}; a recipient who is absent
 * has the inbox only
 * @param serviceLanguage the language tag of templates without a language of their own
 * @param realms the realms of the deployment; `undefined` when it has none
 */
export function fanOut(
  { context, notification, recipients }: UserNotification,
  templates: readonly TranslatedTemplate[],
  preferencesOf: ReadonlyMap<string, Preferences>,
  serviceLanguage: string,
  now: number,
  realms: readonly Realm[] | undefined,
): FanOut {
  const items: FanOutItem[] = [];
  const refused: { recipient: number; refusal: FanOutRefusal }[] = [];
  const followUps = new Map<Channel, number>(
    notification.followUps?.map(({ channel, afterMinutes }) => [channel, afterMinutes]),
  );
  const selected = selectTemplates(
    templates,
    notification.language?.toLowerCase(),
    serviceLanguage,
  );
  const processContext = toProcessContext(context);
  for (const [index, recipient] of recipients.entries()) {
    const { addresses, faults } = addressesOf(recipient, notification, preferencesOf, realms);
    const realm = realms && toRealm(recipient);
    const reported = new Set(faults.map((fault) => "channel" in fault && fault.channel));
    for (const channel of followUps.keys()) {
      if (addresses.has(channel) || reported.has(channel)) continue;
      faults.push({ kind: "no-address", channel });
    }
    refused.push(...faults.map((refusal) => ({ recipient: index, refusal })));
    let inbox: number | undefined;
    for (const channel of sortChannels(addresses.keys())) {
      const afterMinutes = followUps.get(channel);
      if (channel === "inbox") inbox = items.length;
      const { template, translations, language } = selected[channel];
      items.push({
        recipient: index,
        channel,
        template,
        translations,
        followsItem: afterMinutes === undefined ? undefined : inbox,
        request: {
          channel,
          to: addresses.get(channel) ?? "",
          template: { by: "name", channel, name: notification.templateName },
          personalisation: { recipientRoles: [], ...recipient.parameters },
          reference: null,
          senderId: null,
          oneClickUnsubscribeUrl: null,
          sanitise: [],
          ...(realm === undefined ? {} : { realm }),
          ...(processContext === undefined ? {} : { context: processContext }),
          ...(language === undefined ? {} : { language }),
          ...(typeof notification.title === "string" ? { title: notification.title } : {}),
          ...(afterMinutes === undefined
            ? {}
            : { delivery: { scheduledFor: now + afterMinutes * MINUTE_MS } }),
        },
      });
    }
  }
  return { items, refused };
}

function toRealm({ realm }: UserRecipient): Realm | undefined {
  return typeof realm === "string" ? parseRealm(realm) : undefined;
}

/**
 * Returns the person that a recipient's id names.
 *
 * @param realms the realms of the deployment; when it has none, the recipient's realm is not used
 * @returns `undefined` for a recipient without an id, or with control characters in it: no token has such an id
 */
export function toPerson(
  recipient: UserRecipient,
  realms: readonly Realm[] | undefined,
): PersonId | undefined {
  const recipientId = recipient.id ?? "";
  if (recipientId === "" || /\p{Cc}/u.test(recipientId)) return undefined;
  const realm = realms && toRealm(recipient);
  return realm === undefined ? { recipientId } : { recipientId, realm };
}

interface SelectedTemplate {
  readonly template: TemplateVersion | undefined;
  readonly translations: Translations;
  /** The template's language, when it is a translation. */
  readonly language: string | undefined;
}

/** Selects each channel's template in the message's language, or the template without a language. */
function selectTemplates(
  templates: readonly TranslatedTemplate[],
  language: string | undefined,
  serviceLanguage: string,
): Readonly<Record<Channel, SelectedTemplate>> {
  const select = (channel: Channel): SelectedTemplate => {
    const candidates = templates.filter((candidate) => candidate.channel === channel);
    const find = (tag: string | null) =>
      candidates.find((candidate) => candidate.language === tag)?.template;
    const requested = language === undefined ? undefined : find(language);
    const selectedLanguage = requested === undefined ? undefined : language;
    const translations = candidates.flatMap((candidate) => {
      // The template without a language counts as the service language's, unless that has a translation of its own.
      const tag = candidate.language ??
        (requested === undefined || find(serviceLanguage) !== undefined
          ? selectedLanguage
          : serviceLanguage);
      return tag === undefined || tag === selectedLanguage
        ? []
        : [[tag, candidate.template] as const];
    });
    return {
      template: requested ?? find(null),
      // An inbox message is read later, in the reader's language; other channels send one language.
      translations: channel === "inbox" ? Object.fromEntries(translations) : {},
      language: selectedLanguage,
    };
  };
  return {
    sms: select("sms"),
    email: select("email"),
    inbox: select("inbox"),
    diia: select("diia"),
  };
}

function addressesOf(
  recipient: UserRecipient,
  { ignoreChannelPreferences }: UserNotification["notification"],
  preferencesOf: ReadonlyMap<string, Preferences>,
  realms: readonly Realm[] | undefined,
): { readonly addresses: ReadonlyMap<Channel, string>; readonly faults: FanOutRefusal[] } {
  const addresses = new Map<Channel, string>();
  const faults: FanOutRefusal[] = [];
  const refuse = (fault: FanOutRefusal) => faults.push(fault);
  const id = recipient.id ?? "";
  if (ignoreChannelPreferences !== true) {
    if (id === "") refuse({ kind: "no-recipient-id" });
    else addresses.set("inbox", id);
    const person = toPerson(recipient, realms);
    const preferences = person && preferencesOf.get(personText(person)) || {};
    for (const channel of CHANNELS) {
      const address = preferences[channel];
      if (channel !== "inbox" && address !== undefined) addresses.set(channel, address);
    }
    return { addresses, faults };
  }
  const listed = recipient.channels ?? [];
  if (listed.length === 0) refuse({ kind: "no-channel" });
  for (const entry of listed) {
    const channel = CHANNELS.find((candidate) => candidate === entry.channel);
    if (channel === undefined) {
      refuse({ kind: "unknown-channel", channel: entry.channel });
    } else if (addresses.has(channel)) {
      refuse({ kind: "channel-repeated", channel });
    } else if (channel === "inbox") {
      if (id === "") refuse({ kind: "no-recipient-id" });
      else addresses.set(channel, id);
    } else {
      const address = entry[ADDRESS_FIELDS[channel]] ?? "";
      if (address === "") refuse({ kind: "no-address", channel });
      else addresses.set(channel, address);
    }
  }
  return { addresses, faults };
}

/** Sorts channels with the inbox first, since follow-ups refer to its message. */
function sortChannels(channels: Iterable<Channel>): readonly Channel[] {
  const present = new Set(channels);
  const order: readonly Channel[] = ["inbox", "email", "diia", "sms"];
  return order.filter((channel) => present.has(channel));
}
