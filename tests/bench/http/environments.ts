/** The environments of the measured servers. */
import { MASTER_KEY } from "../../support/application.ts";
import { makeKeys, TEST_ISSUER, toJwks } from "../../support/tokens.ts";

/** The credentials of the stand-in of the providers, which `provider_server.ts` shares. */
export const TWILIO = {
  accountSid: `AC${"0123456789abcdef".repeat(2)}`,
  authToken: "bench-twilio-token",
} as const;

/**
 * Every feature on: the registries' API with access tokens, files, Twilio, Postmark and Diia, whose addresses are those of
 * a stand-in.
 *
 * @param providers the origin of the stand-in
 */
export async function everyFeature(providers: string): Promise<Readonly<Record<string, string>>> {
  return {
    MASTER_KEY,
    SMS_PROVIDER: "twilio",
    TWILIO_ACCOUNT_SID: TWILIO.accountSid,
    TWILIO_AUTH_TOKEN: TWILIO.authToken,
    TWILIO_FROM: "+447700900123",
    TWILIO_BASE_URL: providers,
    EMAIL_PROVIDER: "postmark",
    POSTMARK_SERVER_TOKEN: "bench-postmark-token",
    POSTMARK_BASE_URL: providers,
    POSTMARK_WEBHOOK_USER: "postmark",
    POSTMARK_WEBHOOK_PASSWORD: "bench-postmark-password",
    DIIA_BASE_URL: providers,
    DIIA_PARTNER_TOKEN: "bench-diia-token",
    ACCESS_TOKEN_JWKS: toJwks(await makeKeys("ES256", "bench")),
    ACCESS_TOKEN_ISSUER: TEST_ISSUER,
    ACCESS_TOKEN_AUDIENCE: "hark",
    FILES_DIR: "files",
  };
}
