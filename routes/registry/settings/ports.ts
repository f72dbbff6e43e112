import type { ChannelSettingsPorts } from "../../../application/recipients/channel_settings.ts";
import type { AccessTokenAuth } from "../access_token_auth.ts";

/** The dependencies of the settings API. */
export interface SettingsPorts extends ChannelSettingsPorts {
  /** Created with `SETTINGS_ACCESS_TOKEN_CODES`. */
  readonly accessTokenAuth: AccessTokenAuth;
  /** The role that may read the settings of any recipient. */
  readonly senderRole: string;
}
