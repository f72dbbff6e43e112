/** Receives a text that a person sent to a number of a service. */
import { findKeyword, type Keyword, keywordReply } from "../../domain/inbound/keywords.ts";
import type { IncomingText } from "../../domain/inbound/received_text.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { InboundStore } from "../../domain/ports/inbound_store.ts";
import type { Log } from "../../domain/ports/log.ts";

/** Dependencies of {@link createReceiveText}. */
export interface ReceiveTextPorts {
  readonly clock: Clock;
  readonly inbound: Pick<InboundStore, "findService" | "receive">;
  readonly log: Log;
}

/**
 * Receives a text message that a person sent to a number of a service. Before it returns, it stores the text and the
 * effect of its keyword (STOP and the like), if it is one. A text that the provider delivers again is stored once. A
 * text to a number that no service has is logged and dropped.
 */
export type ReceiveText = (text: IncomingText) => Promise<ReceivedReply>;

/** What is to be answered to a received text. */
export interface ReceivedReply {
  /** `undefined` when the text is no keyword, or the provider has replied itself. */
  readonly reply: string | undefined;
  /** Whether the provider had delivered the text before, so that the reply may have been sent. */
  readonly isRepeated: boolean;
}

/** Creates the use case of receiving a text. */
export function createReceiveText({ clock, inbound, log }: ReceiveTextPorts): ReceiveText {
  return async (text) => {
    const service = await inbound.findService(text.to);
    if (service === undefined) {
      log({ event: "inbound-number-unknown", provider: text.provider });
      return { reply: undefined, isRepeated: false };
    }
    const { country, language } = service.settings;
    const keyword: Keyword | undefined = text.handled ??
      findKeyword(text.message, country, text.from);
    const reply = keyword === undefined || text.handled !== undefined
      ? undefined
      : keywordReply(keyword, service.name, language);
    const isNew = await inbound.receive({
      id: clock.newNotificationId(),
      serviceId: service.id,
      text,
      keyword,
      reply,
      suppressionId: clock.newId(),
    }, clock.now());
    // A provider delivers a text again when it has not got the answer.
    return { reply, isRepeated: !isNew };
  };
}
