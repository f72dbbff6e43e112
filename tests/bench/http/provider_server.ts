/**
 * Stands in for Twilio and Postmark in a process of its own. It accepts every message, and posts a signed report for each
 * text message. It checks no requests: the stand-ins of the tests do, and keep every message.
 */
import { sign } from "../../support/stand_ins/twilio.ts";
import { TWILIO } from "./environments.ts";

/** What the stand-in has accepted, and how it goes on; see {@link startProviders} in `providers.ts`. */
export interface ProviderCounts {
  readonly texts: number;
  readonly emails: number;
  readonly calls: number;
  readonly failedReports: number;
}

let counts: ProviderCounts = { texts: 0, emails: 0, calls: 0, failedReports: 0 };
let reportTo: string | undefined;
/** Refuses the first call for one text of this many as not processed (503 with Twilio's 20503), so that it is retried. 0: none. */
let refusesOneOf = 0;
/** The share of the reports of texts that are not sent, as when a callback is lost; 0 to 1. */
let lostReports = 0;
/** How long a message is missing in the searches, in milliseconds. */
let searchDelayMs = 0;
const seen = new Set<string>();

function add(more: Partial<ProviderCounts>): void {
  counts = {
    texts: counts.texts + (more.texts ?? 0),
    emails: counts.emails + (more.emails ?? 0),
    calls: counts.calls + (more.calls ?? 0),
    failedReports: counts.failedReports + (more.failedReports ?? 0),
  };
}

async function report(callback: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const { pathname, search } = new URL(callback);
  try {
    const answer = await fetch(`${reportTo}${pathname}${search}`, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": sign(TWILIO.authToken, callback, fields),
      },
      body: new URLSearchParams(fields).toString(),
    });
    await answer.body?.cancel();
    if (answer.status >= 300) add({ failedReports: 1 });
  } catch {
    add({ failedReports: 1 });
  }
}

function isFirstCallOfRefused(callback: string): boolean {
  if (seen.has(callback)) return false;
  seen.add(callback);
  return seen.size % refusesOneOf === 0;
}

async function acceptText(request: Request): Promise<Response> {
  const form = new URLSearchParams(await request.text());
  const callback = form.get("StatusCallback");
  if (refusesOneOf > 0 && callback !== null && isFirstCallOfRefused(callback)) {
    return Response.json({ code: 20503, status: 503 }, { status: 503 });
  }
  add({ texts: 1 });
  const now = Date.now();
  const sid = `SM${crypto.randomUUID().replaceAll("-", "")}`;
  const fields = {
    AccountSid: TWILIO.accountSid,
    ApiVersion: "2010-04-01",
    From: form.get("From") ?? "",
    MessageSid: sid,
    MessageStatus: "delivered",
    SmsSid: sid,
    SmsStatus: "delivered",
    To: form.get("To") ?? "",
  };
  const isLost = Math.random() < lostReports;
  if (callback !== null && reportTo !== undefined && !isLost) {
    setTimeout(() => report(callback.replace(/#.*$/, ""), fields));
  }
  remember({ id: sid, at: now, resource: toResource(sid, form, now) });
  return Response.json({ sid, status: "queued", error_code: null }, { status: 201 });
}

/** A message that the searches find. */
interface Found {
  readonly id: string;
  readonly at: number;
  /** Twilio's resource of a text; of an e-mail its notification. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** How many messages the searches remember: those of a bench's last seconds. */
const MAX_REMEMBERED = 10_000;
const remembered: Found[] = [];

function remember(message: Found): void {
  remembered.push(message);
  if (remembered.length > 2 * MAX_REMEMBERED) remembered.splice(0, MAX_REMEMBERED);
}

function toResource(sid: string, form: URLSearchParams, now: number) {
  return {
    sid,
    to: form.get("To"),
    from: form.get("From"),
    messaging_service_sid: form.get("MessagingServiceSid"),
    body: form.get("Body"),
    status: "delivered",
    error_code: null,
    direction: "outbound-api",
    date_created: new Date(now).toUTCString(),
    date_sent: new Date(now).toUTCString(),
  };
}

/** Answers the searches of Twilio and Postmark, and the look-ups of one message. */
function lookUp({ pathname, searchParams }: URL): Response {
  const known = remembered.filter(({ at }) => at + searchDelayMs <= Date.now()).toReversed();
  if (pathname.endsWith("/Messages.json")) {
    const to = searchParams.get("To");
    const messages = known.filter(({ resource }) => resource["to"] === to)
      .map(({ resource }) => resource);
    return Response.json({ messages: messages.slice(0, 50), next_page_uri: null });
  }
  if (pathname === "/messages/outbound") {
    const id = searchParams.get("metadata_notification_id");
    const messages = known.filter(({ resource }) => resource["notification_id"] === id)
      .map((message) => ({
        MessageID: message.id,
        ReceivedAt: new Date(message.at).toISOString(),
      }));
    return Response.json({ TotalCount: messages.length, Messages: messages });
  }
  if (pathname === "/server") return Response.json({ TrackOpens: false, TrackLinks: "None" });
  const found = known.find(({ id }) => pathname.includes(id));
  if (found === undefined) return Response.json({ code: 20404 }, { status: 404 });
  const event = { Type: "Delivered", ReceivedAt: new Date(found.at).toISOString() };
  return Response.json({ ...found.resource, MessageEvents: [event] });
}

async function acceptEmails(request: Request): Promise<Response> {
  const messages: unknown = await request.json();
  const all = Array.isArray(messages) ? messages : [messages];
  add({ emails: all.length });
  const answers = all.map((message) => {
    const id = crypto.randomUUID();
    const resource = { notification_id: message?.Metadata?.notification_id };
    remember({ id, at: Date.now(), resource });
    return { ErrorCode: 0, Message: "OK", MessageID: id };
  });
  return Response.json(Array.isArray(messages) ? answers : answers[0]);
}

async function control(request: Request): Promise<Response> {
  if (request.method === "POST") {
    const settings = await request.json();
    reportTo = settings.reportTo;
    refusesOneOf = settings.refusesOneOf ?? 0;
    lostReports = settings.lostReports ?? 0;
    searchDelayMs = settings.searchDelayMs ?? 0;
  }
  return Response.json(counts);
}

if (import.meta.main) {
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(JSON.stringify({ event: "listening", port })),
  }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/bench") return await control(request);
    if (request.method === "GET") return lookUp(new URL(request.url));
    add({ calls: 1 });
    if (pathname.endsWith("/Messages.json")) return await acceptText(request);
    return await acceptEmails(request);
  });
}
