import * as z from "zod/mini";
import { defineProvider, httpAddress } from "../shared/provider_definition.ts";
import type { PostmarkConfig } from "./postmark.ts";

/** Postmark's entry in the table of providers: its environment variables, and how to create it from them. */
export const POSTMARK = defineProvider({
  name: "postmark",
  channels: ["email"],
  variables: {
    POSTMARK_SERVER_TOKEN: z.string(),
    POSTMARK_SERVER_TOKEN_PREVIOUS: z.optional(z.string()),
    POSTMARK_BASE_URL: z._default(httpAddress, "https://api.postmarkapp.com"),
    POSTMARK_WEBHOOK_USER: z.optional(z.string()),
    POSTMARK_WEBHOOK_PASSWORD: z.optional(z.string()),
    POSTMARK_WEBHOOK_PASSWORD_PREVIOUS: z.optional(z.string()),
  },
  required: ["POSTMARK_SERVER_TOKEN"],
  together: [["POSTMARK_WEBHOOK_USER", "POSTMARK_WEBHOOK_PASSWORD"]],
  receiptVariables: ["POSTMARK_WEBHOOK_USER", "POSTMARK_WEBHOOK_PASSWORD"],
  callsBack: true,
  toSettings(values): PostmarkConfig {
    const {
      POSTMARK_SERVER_TOKEN_PREVIOUS: previousServerToken,
      POSTMARK_WEBHOOK_USER: user,
      POSTMARK_WEBHOOK_PASSWORD: password,
      POSTMARK_WEBHOOK_PASSWORD_PREVIOUS: previousPassword,
    } = values;
    return {
      serverToken: values.POSTMARK_SERVER_TOKEN,
      ...(previousServerToken === undefined ? {} : { previousServerToken }),
      baseUrl: values.POSTMARK_BASE_URL,
      webhook: user === undefined || password === undefined
        ? undefined
        : { user, password, ...(previousPassword === undefined ? {} : { previousPassword }) },
    };
  },
  warnings: ({ webhook }) =>
    webhook === undefined
      ? ["POSTMARK_WEBHOOK_USER is not set: every report of Postmark's is refused"]
      : [],
  async connect(settings, { fetch }) {
    const { createPostmark } = await import("./postmark.ts");
    const postmark = createPostmark(settings, { fetch });
    const { probePostmarkReceipts } = await import("./webhooks.ts");
    const { webhook } = settings;
    return {
      provider: postmark,
      receiptReader: postmark,
      check: postmark.check,
      checkWebhooks: postmark.checkWebhooks,
      ...(webhook === undefined
        ? {}
        : { probeReceipts: () => Promise.resolve(probePostmarkReceipts(webhook)) }),
    };
  },
});
