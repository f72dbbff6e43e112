/** From a message to its notifications, one for each recipient and channel. No I/O, no clock: `now` is passed in. */
import type { SendRequest } from "../sending/send_request.ts";
import { type Channel, CHANNELS } from "../service/service.ts";
import type { TemplateVersion, Translations } from "../template/template_record.ts";
import type { TranslatedTemplate } from "../ports/registry_template_store.ts";
import type { UserNotification, UserRecipient } from "./user_notification.ts";

const MINUTE_MS = 60_000;

/** Where a person wants messages: the address of each channel that is switched on. The inbox always is. */
export type Preferences = Readonly<Partial<Record<Channel, string>>>;

/** One recipient's notification on one channel. */
export interface FanOutItem {
  /** The recipient's place in the message, from 0. */
  readonly recipient: number;
  readonly channel: Channel;
  readonly request: SendRequest;
  readonly template: TemplateVersion | undefined;
  readonly translations: Translations;
  /** The place among the items of the inbox message that calls this one off. */
  readonly unlessRead: number | undefined;
}

/** Why a recipient's channel has no notification. */
export type FanOutRefusal =
  | { readonly kind: "unknown-channel"; readonly channel: string }
  | { readonly kind: "no-address"; readonly channel: Channel }
  | { readonly kind: "no-recipient-id" }
  /** Preferences are ignored, and the recipient names no channel. */
  | { readonly kind: "no-channel" }
  | { readonly kind: "channel-repeated"; readonly channel: Channel };

/** What a message comes to. */
export interface FanOut {
  readonly items: readonly FanOutItem[];
  readonly refused: readonly { readonly recipient: number; readonly refusal: FanOutRefusal }[];
}

/** Where an address of each channel is in a recipient's own list. */
const ADDRESS_FIELDS = { email: "email", sms: "phone", diia: "rnokpp" } as const;

/**
 * Spreads a message over its recipients' channels.
 *
 * With the recipients' preferences ignored, the channels are those that each lists. Otherwise the inbox comes first,
 * then the channels that the person has switched on, under the addresses confirmed there. A follow-up takes one of
 * these channels, and waits to see whether the inbox message is read.
 *
 * @param family the templates of the message's name
 * @param preferencesOf what each person has chosen, by id
 * @param serviceLanguage the tag of the language that a name's own templates are in
 */
export function fanOut(
  { notification, recipients }: UserNotification,
  family: readonly TranslatedTemplate[],
  preferencesOf: ReadonlyMap<string, Preferences>,
  serviceLanguage: string,
  now: number,
): FanOut {
  const items: FanOutItem[] = [];
  const refused: { recipient: number; refusal: FanOutRefusal }[] = [];
  const followUps = new Map<Channel, number>(
    notification.followUps?.map(({ channel, afterMinutes }) => [channel, afterMinutes]),
  );
  const chosen = chooseTemplates(
    family,
    notification.language?.toLowerCase(),
    serviceLanguage,
  );
  for (const [recipient, person] of recipients.entries()) {
    const { addresses, faults } = addressesOf(person, notification, preferencesOf);
    const told = new Set(faults.map((fault) => "channel" in fault && fault.channel));
    for (const channel of followUps.keys()) {
      if (addresses.has(channel) || told.has(channel)) continue;
      faults.push({ kind: "no-address", channel });
    }
    refused.push(...faults.map((refusal) => ({ recipient, refusal })));
    let inbox: number | undefined;
    for (const channel of inOrder(addresses.keys())) {
      const afterMinutes = followUps.get(channel);
      if (channel === "inbox") inbox = items.length;
      const { template, translations, language } = chosen[channel];
      items.push({
        recipient,
        channel,
        template,
        translations,
        unlessRead: afterMinutes === undefined ? undefined : inbox,
        request: {
          channel,
          to: addresses.get(channel) ?? "",
          template: { by: "name", channel, name: notification.templateName },
          personalisation: { recipientRoles: [], ...person.parameters },
          reference: null,
          senderId: null,
          oneClickUnsubscribeUrl: null,
          sanitise: [],
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

interface Chosen {
  readonly template: TemplateVersion | undefined;
  readonly translations: Translations;
  /** The template's, where it is not the name's own. */
  readonly language: string | undefined;
}

/** Each channel's template in the message's language, or the name's own where there is none in it. */
function chooseTemplates(
  family: readonly TranslatedTemplate[],
  language: string | undefined,
  serviceLanguage: string,
): Readonly<Record<Channel, Chosen>> {
  const of = (channel: Channel): Chosen => {
    const members = family.filter((member) => member.channel === channel);
    const find = (tag: string | null) =>
      members.find((member) => member.language === tag)?.template;
    const asked = language === undefined ? undefined : find(language);
    const taken = asked === undefined ? undefined : language;
    const translations = members.flatMap((member) => {
      // The name's own is one of the others where it is not the one that is sent; `name-xx` goes before it.
      const tag = member.language ??
        (asked === undefined || find(serviceLanguage) !== undefined ? taken : serviceLanguage);
      return tag === undefined || tag === taken ? [] : [[tag, member.template] as const];
    });
    return {
      template: asked ?? find(null),
      // Whoever reads an inbox says in what language; the others are told once.
      translations: channel === "inbox" ? Object.fromEntries(translations) : {},
      language: taken,
    };
  };
  return { sms: of("sms"), email: of("email"), inbox: of("inbox"), diia: of("diia") };
}

function addressesOf(
  person: UserRecipient,
  { ignoreChannelPreferences }: UserNotification["notification"],
  preferencesOf: ReadonlyMap<string, Preferences>,
): { readonly addresses: ReadonlyMap<Channel, string>; readonly faults: FanOutRefusal[] } {
  const addresses = new Map<Channel, string>();
  const faults: FanOutRefusal[] = [];
  const refuse = (fault: FanOutRefusal) => faults.push(fault);
  const id = person.id ?? "";
  if (ignoreChannelPreferences !== true) {
    if (id === "") refuse({ kind: "no-recipient-id" });
    else addresses.set("inbox", id);
    const preferences = preferencesOf.get(id) ?? {};
    for (const channel of CHANNELS) {
      const address = preferences[channel];
      if (channel !== "inbox" && address !== undefined) addresses.set(channel, address);
    }
    return { addresses, faults };
  }
  const listed = person.channels ?? [];
  if (listed.length === 0) refuse({ kind: "no-channel" });
  for (const named of listed) {
    const channel = CHANNELS.find((one) => one === named.channel);
    if (channel === undefined) {
      refuse({ kind: "unknown-channel", channel: named.channel });
    } else if (addresses.has(channel)) {
      refuse({ kind: "channel-repeated", channel });
    } else if (channel === "inbox") {
      if (id === "") refuse({ kind: "no-recipient-id" });
      else addresses.set(channel, id);
    } else {
      const address = named[ADDRESS_FIELDS[channel]] ?? "";
      if (address === "") refuse({ kind: "no-address", channel });
      else addresses.set(channel, address);
    }
  }
  return { addresses, faults };
}

/** The inbox first: what is to follow it names it. */
function inOrder(channels: Iterable<Channel>): readonly Channel[] {
  const named = new Set(channels);
  const order: readonly Channel[] = ["inbox", "email", "diia", "sms"];
  return order.filter((channel) => named.has(channel));
}
