import type { SendOtp } from "../../../application/recipients/send_otp.ts";
import type { RecipientSettingsStore } from "../../../domain/ports/recipient_settings_store.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { SendingContexts } from "../../../domain/ports/sending_contexts.ts";
import type { AccessTokenAuth } from "../access_token_auth.ts";

/** What the settings' routes work with. */
export interface SettingsPorts {
  readonly clock: Clock;
  /** The door, with `SETTINGS_ACCESS_TOKEN_CODES`. */
  readonly accessTokenAuth: AccessTokenAuth;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly recipientSettings: RecipientSettingsStore;
  readonly sendCode: SendOtp;
  /** A new code, by chance: `createOtp` of the adapters. */
  readonly newCode: () => string;
  /** The service that people's settings belong to. */
  readonly serviceId: ServiceId;
  /** Who may read another's settings. */
  readonly senderRole: string;
}
