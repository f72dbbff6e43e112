/** The check that Postmark sends its reports to this deployment. */
import * as z from "zod/mini";
import type { WebhookProbe } from "../shared/provider_definition.ts";
import type { WebhookCredentials } from "./receipts.ts";
import type { Get } from "./search.ts";

const Trigger = z.nullish(z.object({ Enabled: z.nullish(z.boolean()) }));
const Webhooks = z.object({
  Webhooks: z.array(z.object({
    Url: z.string(),
    HttpAuth: z.nullish(
      z.object({ Username: z.nullish(z.string()), Password: z.nullish(z.string()) }),
    ),
    Triggers: z.object({ Delivery: Trigger, Bounce: Trigger, SpamComplaint: Trigger }),
  })),
});

/** The reports without which Hark does not learn what became of an e-mail. */
const NEEDED = ["Delivery", "Bounce", "SpamComplaint"] as const;

/** A message that Postmark never has. */
const NO_MESSAGE = "00000000-0000-0000-0000-000000000000";

/** Makes a report with the webhook's credentials of a type that the reader ignores. */
export function probePostmarkReceipts({ user, password }: WebhookCredentials): WebhookProbe {
  const credentials = new TextEncoder().encode(`${user}:${password}`).toBase64();
  return {
    headers: { "Authorization": `Basic ${credentials}`, "Content-Type": "application/json" },
    body: JSON.stringify({ RecordType: "HarkProbe", MessageID: NO_MESSAGE, Metadata: {} }),
  };
}

/**
 * Asks Postmark for the webhooks of the server, of all its message streams: one of them must send deliveries, bounces and
 * spam complaints to the address, with the configured credentials.
 * Source: https://postmarkapp.com/developer/api/webhooks-api
 *
 * @returns what is wrong; none when nothing is
 */
export async function checkWebhooks(
  get: Get,
  { address, webhook, signal }: {
    readonly address: string;
    readonly webhook: WebhookCredentials | undefined;
    readonly signal: AbortSignal;
  },
): Promise<readonly string[]> {
  const reply = await get("/webhooks", signal);
  const listed = reply.ok && reply.value.status === 200
    ? Webhooks.safeParse(reply.value.body)
    : undefined;
  if (!listed?.success) {
    const why = reply.ok
      ? `it answered ${reply.value.status}`
      : `it did not answer (${reply.refusal.code})`;
    return [`Postmark could not be asked for its webhooks: ${why}`];
  }
  const ours = listed.data.Webhooks.filter(({ Url }) => withoutCredentials(Url) === address);
  if (ours.length === 0) return [`Postmark has no webhook for ${address}`];
  const missing = NEEDED.filter((name) =>
    !ours.some(({ Triggers }) => Triggers[name]?.Enabled === true)
  );
  const isAuthorised = ours.some(({ Url, HttpAuth }) =>
    isSame(webhook, HttpAuth?.Username ?? userOf(Url), HttpAuth?.Password ?? passwordOf(Url))
  );
  return [
    ...(missing.length === 0 ? [] : [`Postmark’s webhook does not send ${missing.join(", ")}`]),
    ...(isAuthorised ? [] : [
      "Postmark’s webhook has another user or password than POSTMARK_WEBHOOK_USER and POSTMARK_WEBHOOK_PASSWORD",
    ]),
  ];
}

function isSame(webhook: WebhookCredentials | undefined, user: string, password: string): boolean {
  return webhook !== undefined && user === webhook.user &&
    [webhook.password, webhook.previousPassword].includes(password);
}

/** Credentials may be in the address too. */
function withoutCredentials(address: string): string {
  const url = URL.parse(address);
  return url === null ? address : `${url.origin}${url.pathname}${url.search}`;
}

function userOf(address: string): string {
  return decodeURIComponent(URL.parse(address)?.username ?? "");
}

function passwordOf(address: string): string {
  return decodeURIComponent(URL.parse(address)?.password ?? "");
}
