import { openNodemailer } from "../../../../adapters/providers/smtp/nodemailer_transport.ts";
import { createSmtp } from "../../../../adapters/providers/smtp/smtp.ts";
import { parseSmtpUrl } from "../../../../adapters/providers/smtp/smtp_url.ts";
import type { Provider } from "../../../../domain/ports/provider.ts";
import { type SmtpOptions, type SmtpStandIn, startSmtp } from "../../../support/stand_ins/smtp.ts";
import { AUTHORITY } from "../../../support/stand_ins/smtp_certificate.ts";

/** What a test with a mail server gets. */
export interface SmtpScene {
  readonly stand: SmtpStandIn;
  readonly smtp: Provider;
  /** Whether every connection of the provider has ended at the server. */
  closeProvider(): Promise<void>;
}

/** Runs with a stand-in and a provider that sends to it. */
export async function withSmtp(
  run: (scene: SmtpScene) => Promise<void>,
  { url, timeoutMs, authorities = AUTHORITY, ...options }: Partial<SmtpOptions> & {
    /** The URL, with `PORT` in place of the port; by default of a server on this machine without encryption. */
    readonly url?: string;
    readonly timeoutMs?: number;
    readonly authorities?: string;
  } = {},
): Promise<void> {
  const stand = await startSmtp({ tls: "none", ...options });
  const settings = parseSmtpUrl((url ?? "smtp://127.0.0.1:PORT").replace("PORT", `${stand.port}`));
  if (settings === undefined) throw new Error("not a URL");
  const tls = options.tls ?? "none";
  // A loopback host needs no STARTTLS; the tests of STARTTLS have no other host.
  const transport = openNodemailer({ ...settings, tls }, "hark.test", authorities);
  const smtp = createSmtp(transport, timeoutMs === undefined ? {} : { timeoutMs });
  try {
    await run({
      stand,
      smtp,
      async closeProvider() {
        await transport.close();
        while (stand.connections.open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      },
    });
  } finally {
    await transport.close();
    await stand.close();
  }
}
