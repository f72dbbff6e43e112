/** Sends the messages of accounts as notifications of Hark's own service. */
import type { AccountLanguage } from "../../domain/accounts/account.ts";
import {
  OWN_MESSAGES,
  OWN_SERVICE_ID,
  type OwnMessageName,
  ownTemplateId,
} from "../../domain/accounts/own_messages.ts";
import type { NotificationRef } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { ManagementStore } from "../../domain/ports/management_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import { ACCESS_TOKEN_KEY } from "../../domain/service/no_key.ts";
import type { SendBatch } from "../sending/send_batch.ts";
import { openOwnService } from "./own_service.ts";

/** A message of accounts. Log neither the recipient nor the values. */
export interface AccountMessage {
  readonly name: OwnMessageName;
  readonly to: string;
  readonly language: AccountLanguage;
  readonly values: Readonly<Record<string, string>>;
  /** The message is not sent after this time, in epoch milliseconds. */
  readonly validUntil: number;
}

/**
 * Sends a message, urgently, whatever the limits of services are. It resolves when the message is accepted.
 *
 * @returns `undefined` when it was refused: the recipient is suppressed, or the channel has no provider
 */
export type SendAccountMessage = (
  message: AccountMessage,
  waitUntil: (work: Promise<unknown>) => void,
) => Promise<NotificationRef | undefined>;

/** Dependencies of {@link createAccountMessages}. */
export interface AccountMessagePorts {
  readonly clock: Clock;
  readonly contexts: SendingContexts;
  readonly management: ManagementStore;
  readonly sendBatch: SendBatch;
}

/** Creates the sender of messages of accounts. Hark's own service is created at the first one, where it is missing. */
export function createAccountMessages(
  { clock, contexts, management, sendBatch }: AccountMessagePorts,
): SendAccountMessage {
  return async ({ name, to, language, values, validUntil }, waitUntil) => {
    const { channel } = OWN_MESSAGES[name];
    const template = { by: "id", id: ownTemplateId(name, language) } as const;
    let isFirst = true;
    const load = async () => {
      const options = { fresh: !isFirst, template };
      isFirst = false;
      let context = await contexts.load(OWN_SERVICE_ID, options);
      if (context?.template === undefined) {
        await openOwnService(management, clock.now());
        context = await contexts.load(OWN_SERVICE_ID, { fresh: true, template });
      }
      return context && {
        context,
        items: [{
          template: context.template,
          request: {
            channel,
            to,
            template,
            personalisation: values,
            reference: null,
            senderId: null,
            oneClickUnsubscribeUrl: null,
            // Names of people and services are typed by others.
            sanitise: Object.keys(values).filter((value) => value !== "link" && value !== "code"),
            delivery: { urgent: true, validUntil },
          },
        }],
      };
    };
    const [result] = await sendBatch.send(ACCESS_TOKEN_KEY, load, waitUntil);
    return result?.ok === true
      ? { serviceId: OWN_SERVICE_ID, notificationId: result.value.id }
      : undefined;
  };
}
