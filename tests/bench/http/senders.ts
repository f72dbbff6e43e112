/** Services of a running server, and their requests: each with a token of its own, as the official clients sign it. */
import { createHmac } from "node:crypto";
import { manage, newService, newTemplate, reachAt } from "../../conformance/services.ts";
import {
  EMAIL_PERSONALISATION,
  EMAIL_TEMPLATE,
  SMS_PERSONALISATION,
  SMS_TEMPLATE,
} from "../messages.ts";
import { requestBytes } from "./load.ts";

/** So many that no service's rate is reached. */
const SERVICES = 8;
/** A higher rate has a burst of so few milliseconds that an accept which waits for others is refused. */
const RATE_PER_MINUTE = 60_000;
const MAX_DAILY = 10_000_000;

/** A service with a live key and a template of each of two channels. */
export interface Sender {
  readonly serviceId: string;
  readonly key: string;
  readonly templates: { readonly sms: string; readonly email: string };
}

/** Creates services over the management API. */
export async function createSenders(
  url: string,
  count = SERVICES,
): Promise<readonly Sender[]> {
  const reach = reachAt(() => url);
  const senders: Sender[] = [];
  for (let i = 0; i < count; i++) {
    const { id, keys } = await newService(reach);
    const settings = await manage(reach, "PATCH", `/manage/services/${id}`, {
      rate_limit_per_minute: RATE_PER_MINUTE,
      daily_limits: { sms: MAX_DAILY, email: MAX_DAILY },
    });
    if (settings.status !== 200) throw new Error(JSON.stringify(settings.body));
    senders.push({
      serviceId: id,
      key: keys.live,
      templates: {
        sms: await newTemplate(reach, id, SMS_TEMPLATE),
        email: await newTemplate(reach, id, EMAIL_TEMPLATE),
      },
    });
  }
  return senders;
}

const base64url = (text: string) => btoa(text).replace(/[+/=]/g, (c) => URL_SAFE[c] ?? "");
const URL_SAFE: Readonly<Record<string, string>> = { "+": "-", "/": "_" };
const HEADER = base64url('{"typ":"JWT","alg":"HS256"}');
let issued = 0;

/** The headers of a request with a token that no other request has. */
export function freshHeaders(key: string): Readonly<Record<string, string>> {
  const iat = Math.floor(Date.now() / 1000);
  const claims = JSON.stringify({ iss: key.slice(-73, -37), iat, n: issued++ });
  const signed = `${HEADER}.${base64url(claims)}`;
  const signature = createHmac("sha256", key.slice(-36)).update(signed).digest("base64url");
  return {
    "Authorization": `Bearer ${signed}.${signature}`,
    "Content-Type": "application/json",
    "User-Agent": "NOTIFY-API-NODE-CLIENT/8.2.1",
  };
}

/** What a message is, beside its recipient. */
export interface MessageOptions {
  readonly channel?: "sms" | "email";
  /** When it is sent; at once by default. */
  readonly scheduledFor?: Date;
  /** The number of a text message. */
  readonly phoneNumber?: string;
}

/** Returns a function that makes requests to send a message, by each service in rotation. */
export function sendRequests(
  senders: readonly Sender[],
  { channel = "sms", scheduledFor, phoneNumber = "07900900123" }: MessageOptions = {},
): () => Uint8Array<ArrayBuffer> {
  const bodies = senders.map(({ templates }) =>
    JSON.stringify({
      ...(channel === "sms"
        ? { phone_number: phoneNumber, personalisation: SMS_PERSONALISATION }
        : { email_address: "ann@example.com", personalisation: EMAIL_PERSONALISATION }),
      template_id: templates[channel],
      reference: "order 1234",
      ...(scheduledFor === undefined ? {} : { scheduled_for: scheduledFor.toISOString() }),
    })
  );
  let n = 0;
  return () => {
    const at = n++ % senders.length;
    const headers = freshHeaders(senders[at]?.key ?? "");
    return requestBytes("POST", `/v2/notifications/${channel}`, headers, bodies[at]);
  };
}
