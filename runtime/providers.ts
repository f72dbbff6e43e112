/** Which provider serves which channel. */
import { createDiia } from "../adapters/providers/diia/diia.ts";
import { createInboxProvider } from "../adapters/providers/inbox/inbox.ts";
import { createPostmark } from "../adapters/providers/postmark/postmark.ts";
import { createSandbox, sandboxTemplates } from "../adapters/providers/sandbox/sandbox.ts";
import { createTwilio } from "../adapters/providers/twilio/twilio.ts";
import type { Config } from "./config.ts";
import type { DiiaTemplates } from "../domain/ports/diia_templates.ts";
import type { Clock } from "../domain/ports/clock.ts";
import type { Provider } from "../domain/ports/provider.ts";
import type { ReceiptReader } from "../domain/ports/receipt_reader.ts";
import type { SenderDefaults } from "../domain/service/sender.ts";
import type { Channel } from "../domain/service/service.ts";
import type { RegistryPorts } from "../routes/app.ts";
import type { RuntimeOptions } from "./runtime_options.ts";

/** The providers of a deployment. */
export interface Connected {
  /** Who carries each channel; one that the deployment has not is absent. */
  readonly providers: Readonly<Partial<Record<Channel, Provider>>>;
  /** Who plays at carrying what test keys send. */
  readonly simulators: Readonly<Record<Channel, Provider>>;
  /** Who can read whose receipts, by the last part of their address. */
  readonly receiptReaders: Readonly<Record<string, ReceiptReader>>;
  /** Where Diia's templates are published; `undefined` where the deployment is no partner of Diia's. */
  readonly diiaTemplates: DiiaTemplates | undefined;
}

/**
 * Makes the providers that the configuration names. Where it names none, the sandbox stands in; for Diia only in
 * development, where there is a mailbox to look at.
 *
 * @param inbox where inboxes are; `undefined` where there are none
 */
export function connectProviders(
  config: Config,
  clock: Clock,
  { mailbox, fetch: send = fetch }: RuntimeOptions,
  inbox: Pick<RegistryPorts, "inboxes" | "inboxEvents"> | undefined,
): Connected {
  const { now, newId } = clock;
  // Called as a function of nothing: on Workers `fetch` may not be called as a method of another object.
  const ways = { fetch: (input: Request | URL | string, init?: RequestInit) => send(input, init) };
  const sandbox = { now, newId, ...(mailbox === undefined ? {} : { mailbox }) };
  const postmark = config.email.provider === "postmark"
    ? createPostmark(config.email, ways)
    : undefined;
  const twilio = config.sms.provider === "twilio"
    ? createTwilio({ ...config.sms, publicUrl: config.publicUrl }, ways)
    : undefined;
  const partner = config.diia.provider === "diia"
    ? createDiia(config.diia, { ...ways, now })
    : undefined;
  const diia = partner ?? (mailbox && createSandbox("diia", sandbox));
  return {
    providers: {
      email: postmark ?? createSandbox("email", sandbox),
      sms: twilio ?? createSandbox("sms", sandbox),
      ...(diia && { diia }),
      ...(inbox && { inbox: createInboxProvider(inbox.inboxes, inbox.inboxEvents) }),
    },
    simulators: {
      email: createSandbox("email", clock),
      sms: createSandbox("sms", clock),
      inbox: createSandbox("inbox", clock),
      diia: createSandbox("diia", clock),
    },
    receiptReaders: { ...(postmark && { postmark }), ...(twilio && { twilio }) },
    diiaTemplates: partner ?? (mailbox && sandboxTemplates(newId)),
  };
}

/** Who a message is from where its service has no sender of its own. */
export function senderDefaults({ sms, emailDomain }: Config): SenderDefaults {
  // A messaging service of Twilio's has no name to show; it chooses a sender by itself.
  const hasNumber = sms.provider === "twilio" && !sms.from.startsWith("MG");
  return { smsSender: hasNumber ? sms.from : "HARK", emailDomain };
}
