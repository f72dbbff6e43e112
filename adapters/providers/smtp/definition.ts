import * as z from "zod/mini";
import { defineProvider } from "../shared/provider_definition.ts";
import { parseSmtpUrl } from "./smtp_url.ts";

const smtpUrl = z.string().check(z.refine(
  (text) => parseSmtpUrl(text) !== undefined,
  "must be smtps://user:password@host:465 or smtp://user:password@host:587, " +
    "with user and password percent-encoded, or without both",
));

/** The mail server's entry in the table of providers: its environment variable, and how to create it from that. */
export const SMTP = defineProvider({
  name: "smtp",
  channels: ["email"],
  variables: { SMTP_URL: smtpUrl },
  required: ["SMTP_URL"],
  tcpVariable: "SMTP_URL",
  toSettings({ SMTP_URL }) {
    const settings = parseSmtpUrl(SMTP_URL);
    if (settings === undefined) throw new TypeError("SMTP_URL is not valid");
    return settings;
  },
  async connect(settings, { openSmtp, publicUrl }) {
    if (openSmtp === undefined) return undefined;
    const { createSmtp } = await import("./smtp.ts");
    return { provider: createSmtp(openSmtp(settings, clientNameOf(publicUrl))) };
  },
});

/** The host of the public URL, if it is a domain: some servers refuse a client whose name is none. */
function clientNameOf(publicUrl: string): string | undefined {
  const { hostname } = new URL(publicUrl);
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/i.test(hostname) ? hostname : undefined;
}
