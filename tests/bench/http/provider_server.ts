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
/** Refuses the first call for each text with 503, so that it is retried. */
let refusesFirst = false;
const refused = new Set<string>();

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

async function acceptText(request: Request): Promise<Response> {
  const form = new URLSearchParams(await request.text());
  const callback = form.get("StatusCallback");
  if (refusesFirst && callback !== null && !refused.has(callback)) {
    refused.add(callback);
    return new Response(null, { status: 503 });
  }
  add({ texts: 1 });
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
  if (callback !== null && reportTo !== undefined) setTimeout(() => report(callback, fields));
  return Response.json({ sid, status: "queued", error_code: null }, { status: 201 });
}

async function acceptEmails(request: Request): Promise<Response> {
  const messages: unknown = await request.json();
  const all = Array.isArray(messages) ? messages : [messages];
  add({ emails: all.length });
  const answers = all.map(() => ({
    ErrorCode: 0,
    Message: "OK",
    MessageID: crypto.randomUUID(),
  }));
  return Response.json(Array.isArray(messages) ? answers : answers[0]);
}

async function control(request: Request): Promise<Response> {
  if (request.method === "POST") {
    const settings = await request.json();
    reportTo = settings.reportTo;
    refusesFirst = settings.refusesFirst === true;
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
    add({ calls: 1 });
    if (pathname.endsWith("/Messages.json")) return await acceptText(request);
    return await acceptEmails(request);
  });
}
