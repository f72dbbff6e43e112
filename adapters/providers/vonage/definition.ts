import * as z from "zod/mini";
import { defineProvider, httpAddress } from "../shared/provider_definition.ts";
import { isPrivateKey, toPem } from "./private_key.ts";

const privateKey = z.pipe(
  z.string().check(z.refine(
    (text) => isPrivateKey(text),
    'must be an RSA key of 2048 bits or more in PKCS#8 ("-----BEGIN PRIVATE KEY-----"), such as ' +
      '"openssl pkcs8 -topk8 -nocrypt -in private.key" prints',
  )),
  z.transform(toPem),
);

/** Vonage's entry in the table of providers: its environment variables, and how to create it from them. */
export const VONAGE = defineProvider({
  name: "vonage",
  channels: ["sms"],
  variables: {
    VONAGE_APPLICATION_ID: z.uuid("must be the application's id, a UUID"),
    VONAGE_PRIVATE_KEY: privateKey,
    VONAGE_PRIVATE_KEY_PREVIOUS: z.optional(privateKey),
    VONAGE_SIGNATURE_SECRET: z.optional(z.string()),
    VONAGE_SIGNATURE_SECRET_PREVIOUS: z.optional(z.string()),
    VONAGE_FROM: z.string(),
    VONAGE_BASE_URL: z._default(httpAddress, "https://api.nexmo.com"),
  },
  required: ["VONAGE_APPLICATION_ID", "VONAGE_PRIVATE_KEY", "VONAGE_FROM"],
  receiptVariables: ["VONAGE_SIGNATURE_SECRET"],
  callsBack: true,
  toSettings({ VONAGE_PRIVATE_KEY_PREVIOUS: previousPrivateKey, ...values }) {
    return {
      applicationId: values.VONAGE_APPLICATION_ID,
      privateKey: values.VONAGE_PRIVATE_KEY,
      ...(previousPrivateKey === undefined ? {} : { previousPrivateKey }),
      signatureSecrets: [
        values.VONAGE_SIGNATURE_SECRET,
        values.VONAGE_SIGNATURE_SECRET_PREVIOUS,
      ].filter((secret) => secret !== undefined),
      from: values.VONAGE_FROM,
      baseUrl: values.VONAGE_BASE_URL,
    };
  },
  smsSender: ({ from }) => from,
  warnings: ({ signatureSecrets }) =>
    signatureSecrets.length === 0
      ? ["VONAGE_SIGNATURE_SECRET is not set: every report of Vonage's is refused"]
      : [],
  async connect(settings, { fetch, clock, publicUrl }) {
    const { createVonage } = await import("./vonage.ts");
    const vonage = createVonage({ ...settings, publicUrl }, { fetch, clock });
    return { provider: vonage, receiptReader: vonage, inboundReader: vonage };
  },
});
