import * as z from "zod/mini";
import { defineProvider, httpAddress, oneOfWords } from "../shared/provider_definition.ts";
import type { DiiaConfig } from "./client.ts";

/**
 * Diia's entry in the table of providers: its environment variables, and how to create it from them. Optional: only
 * organisations that are Diia's partners can use it.
 */
export const DIIA = defineProvider({
  name: "diia",
  channels: ["diia"],
  variables: {
    DIIA_BASE_URL: httpAddress,
    DIIA_PARTNER_TOKEN: z.string(),
    DIIA_PATHS: z._default(oneOfWords(["registries", "gateway"]), "registries"),
  },
  required: ["DIIA_BASE_URL", "DIIA_PARTNER_TOKEN"],
  together: [["DIIA_BASE_URL", "DIIA_PARTNER_TOKEN"]],
  toSettings: (values): DiiaConfig => ({
    baseUrl: values.DIIA_BASE_URL,
    partnerToken: values.DIIA_PARTNER_TOKEN,
    paths: values.DIIA_PATHS,
  }),
  async connect(settings, { fetch, clock: { now } }) {
    const { createDiia } = await import("./diia.ts");
    const diia = createDiia(settings, { fetch, now });
    return { provider: diia, diiaTemplates: diia };
  },
});
