import { createTwinApi } from "../../../tools/twin/api.ts";
import { createTwinClock } from "../../../tools/twin/clock.ts";
import type { TwinProvider } from "../../../tools/twin/provider.ts";
import { startDiiaTwin } from "../../../tools/twin/providers/diia.ts";
import { startPostmarkTwin } from "../../../tools/twin/providers/postmark.ts";
import { startSmtpTwin } from "../../../tools/twin/providers/smtp.ts";
import { startTwilioTwin } from "../../../tools/twin/providers/twilio.ts";
import { startVonageTwin } from "../../../tools/twin/providers/vonage.ts";
import { createTwin } from "../../../tools/twin/twin.ts";

/** Nothing listens there. */
export const NO_HARK = "http://localhost:65001";

/** A twin in this process, whose clock the test moves. @param hark where it finds Hark */
export async function startTwin(hark = NO_HARK) {
  let now = Date.UTC(2031, 0, 1);
  const options = { port: 0, hark, now: () => now };
  const providers = await Promise.all(
    [startTwilioTwin, startPostmarkTwin, startDiiaTwin, startVonageTwin, startSmtpTwin].map((
      start,
    ) => start(options)),
  );
  const twin = createTwin(providers, options.now);
  const api = createTwinApi(twin, createTwinClock(hark));
  async function call(method: string, path: string, body?: unknown, headers = {}) {
    const answer = await api.request(`http://localhost:8790${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  }
  return {
    twin,
    call,
    providers,
    advance: (ms: number) => void (now += ms),
    [Symbol.asyncDispose]: () => twin.close(),
  };
}

/** Sends a text as Hark does. */
export async function sendText({ environment }: TwinProvider, to = "+447700900123") {
  const {
    TWILIO_BASE_URL: root,
    TWILIO_ACCOUNT_SID: sid,
    TWILIO_AUTH_TOKEN: token,
    TWILIO_FROM: from = "",
  } = environment;
  const form = new URLSearchParams({
    To: to,
    From: from,
    Body: "Hello",
    StatusCallback: `${NO_HARK}/receipts/twilio`,
  });
  const answer = await fetch(`${root}/2010-04-01/Accounts/${sid}/Messages.json`, {
    method: "POST",
    headers: { "Authorization": `Basic ${btoa(`${sid}:${token}`)}` },
    // Deno would repeat another body by itself when the connection closes without an answer.
    body: new Blob([form.toString()], { type: "application/x-www-form-urlencoded" }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}
