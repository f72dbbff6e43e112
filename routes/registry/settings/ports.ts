import type { ChannelSettingsPorts } from "../../../application/recipients/channel_settings.ts";
import type { Realm } from "../../../domain/recipient/realm.ts";
import type { AccessTokenAuth } from "../access_token_auth.ts";

/** The dependencies of the settings API. */
export interface SettingsPorts extends ChannelSettingsPorts {
  /** The authentication with the error codes of this API, `SETTINGS_ACCESS_TOKEN_CODES`. */
  readonly accessTokenAuth: AccessTokenAuth;
  /** The role that an access token must have to read the settings of any recipient. */
  readonly senderRole: string;
  /** The realms that issuers of access tokens have; absent when the deployment has no realms. */
  readonly realms?: readonly Realm[] | undefined;
}
