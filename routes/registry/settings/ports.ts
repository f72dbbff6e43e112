import type { ChannelSettingsPorts } from "../../../application/recipients/channel_settings.ts";
import type { Realm } from "../../../domain/recipient/realm.ts";
import type { AccessTokenAuth } from "../access_token_auth.ts";

/** The dependencies of the settings API. */
export interface SettingsPorts extends ChannelSettingsPorts {
  /**
   * Authenticates callers by access tokens. Create it with the error codes of this API, `SETTINGS_ACCESS_TOKEN_CODES`.
   */
  readonly accessTokenAuth: AccessTokenAuth;
  /** The role that an access token must have to read the settings of any recipient. */
  readonly senderRole: string;
  /**
   * The realms (`citizen`, `officer`) whose issuers sign access tokens; a person's id is unique within its realm only.
   * Absent when the deployment does not distinguish realms.
   */
  readonly realms?: readonly Realm[] | undefined;
}
