import type { RecipientChannel } from "../../../domain/recipient_settings/channels.ts";
import type { RecipientSettingsStore } from "../../../domain/ports/recipient_settings_store.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import type { Result } from "../../../domain/result.ts";
import type { AccessTokenAuth } from "../access_token_auth.ts";

/** The registry template that codes are sent with, one a channel; its parameter is {@link CODE_PARAMETER}. */
export const CODE_TEMPLATE = "channel-confirmation";
/** What the template calls the code. */
export const CODE_PARAMETER = "verificationCode";

/** A code on its way to the address that it is to prove. Neither may be logged. */
export interface CodeMessage {
  readonly channel: RecipientChannel;
  readonly address: string;
  readonly code: string;
  /** BCP 47 tag that the person asked for; the service's own language when absent. */
  readonly language: string | undefined;
}

/** Why a code was not sent. */
export type CodeNotSent =
  /** The service has sent too much. */
  | { readonly kind: "not-sent"; readonly because: "limit"; readonly retryAfterS: number }
  /** The service cannot send there: it is archived, has not the channel, or may not write to the address. */
  | { readonly kind: "not-sent"; readonly because: "refused" };

/**
 * Sends a code through the service's usual way to send, whatever the person's preferences are: with
 * {@link CODE_TEMPLATE} of the channel, or in words of our own where the service has none.
 *
 * @param waitUntil keeps the runtime alive for what goes on after the answer
 */
export type SendCode = (
  message: CodeMessage,
  waitUntil: (work: Promise<unknown>) => void,
) => Promise<Result<void, CodeNotSent>>;

/** What the settings' routes work with. */
export interface SettingsPorts {
  readonly clock: Clock;
  /** The door, with `SETTINGS_ACCESS_TOKEN_CODES`. */
  readonly accessTokenAuth: AccessTokenAuth;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly recipientSettings: RecipientSettingsStore;
  readonly sendCode: SendCode;
  /** A new code, by chance: `createOtp` of the adapters. */
  readonly newCode: () => string;
  /** The service that people's settings belong to. */
  readonly serviceId: ServiceId;
  /** Who may read another's settings. */
  readonly senderRole: string;
}
