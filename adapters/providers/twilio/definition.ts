import * as z from "zod/mini";
import { defineProvider, httpAddress } from "../shared/provider_definition.ts";

/** Twilio's entry in the table of providers: its environment variables, and how to create it from them. */
export const TWILIO = defineProvider({
  name: "twilio",
  channels: ["sms"],
  variables: {
    TWILIO_ACCOUNT_SID: z.string(),
    TWILIO_AUTH_TOKEN: z.string(),
    TWILIO_AUTH_TOKEN_PREVIOUS: z.optional(z.string()),
    TWILIO_FROM: z.string(),
    TWILIO_BASE_URL: z._default(httpAddress, "https://api.twilio.com"),
  },
  required: ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"],
  callsBack: true,
  toSettings: ({ TWILIO_AUTH_TOKEN_PREVIOUS: previousAuthToken, ...values }) => ({
    accountSid: values.TWILIO_ACCOUNT_SID,
    authToken: values.TWILIO_AUTH_TOKEN,
    ...(previousAuthToken === undefined ? {} : { previousAuthToken }),
    from: values.TWILIO_FROM,
    baseUrl: values.TWILIO_BASE_URL,
  }),
  // A messaging service has no name to show; it chooses a sender by itself.
  smsSender: ({ from }) => from.startsWith("MG") ? undefined : from,
  async connect(settings, { fetch, clock, publicUrl }) {
    const { createTwilio } = await import("./twilio.ts");
    const twilio = createTwilio({ ...settings, publicUrl }, { fetch, clock });
    const { authToken } = settings;
    return {
      provider: twilio,
      receiptReader: twilio,
      inboundReader: twilio,
      async probeReceipts() {
        const { probeTwilioReceipts } = await import("./probe.ts");
        return await probeTwilioReceipts({ authToken, publicUrl });
      },
    };
  },
});
