import {
  startTestApplication,
  type TestApplication,
  type TestApplicationOptions,
} from "../../support/application.ts";
import { RUNNER } from "../../support/runner.ts";
import { extend } from "../../support/extend.ts";
import { sign } from "../../support/stand_ins/twilio.ts";
import {
  bodyOf,
  clockFromNow,
  type MovableClock,
  movableClock,
  newServiceWithTemplates,
} from "../support.ts";

const PUBLIC_URL = "https://hark.test";
const AUTH_TOKEN = "auth-token";
const WEBHOOK = "/inbound/twilio";

/** The number of the service under test. */
export const NUMBER = "+447700900999";
/** The person who sends texts. */
export const PERSON = "+447700900123";

/** The fields of a text as Twilio sends them. */
export const TWILIO_FIELDS = {
  AccountSid: "AC00112233445566778899aabbccddeeff",
  ApiVersion: "2010-04-01",
  Body: "Yes, I will come",
  From: PERSON,
  FromCountry: "GB",
  MessageSid: "SM00112233445566778899aabbccddeeff",
  NumMedia: "0",
  NumSegments: "1",
  SmsMessageSid: "SM00112233445566778899aabbccddeeff",
  SmsSid: "SM00112233445566778899aabbccddeeff",
  SmsStatus: "received",
  To: NUMBER,
};

const HTTP_URL = "http://hark.test";

/** The variables with which an application gets texts from Twilio, whose API it cannot reach. */
export const TWILIO_INBOUND = {
  PUBLIC_URL: HTTP_URL,
  ALLOW_INSECURE: "http-public-url",
  SMS_PROVIDER: "twilio",
  TWILIO_ACCOUNT_SID: TWILIO_FIELDS.AccountSid,
  TWILIO_AUTH_TOKEN: AUTH_TOKEN,
  TWILIO_FROM: NUMBER,
  TWILIO_BASE_URL: "http://127.0.0.1:1",
} as const;

/** Calls the webhook of an application with {@link TWILIO_INBOUND} as Twilio does, with a new id unless `fields` has one. */
export async function receiveText(
  { request }: Pick<TestApplication, "request">,
  fields: Readonly<Record<string, string>>,
): Promise<Response> {
  const sid = `SM${crypto.randomUUID().replaceAll("-", "")}`;
  const all = { ...TWILIO_FIELDS, MessageSid: sid, ...fields };
  return await request(WEBHOOK, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      "x-twilio-signature": sign(AUTH_TOKEN, HTTP_URL + WEBHOOK, all),
    },
    body: new URLSearchParams(all).toString(),
  });
}

const refuse = () => Promise.reject(new Error("no network in this test"));

/** Starts an application with Twilio, whose API is never called, and a service with a number. */
export async function startWithNumber(options: TestApplicationOptions = {}) {
  // Ids of texts are of the machine's time, and so is their end: in other runners the clock begins near the present.
  const clock: MovableClock = RUNNER === "process" ? movableClock() : clockFromNow();
  const hark = await startTestApplication({
    clock,
    environment: {
      PUBLIC_URL,
      SMS_PROVIDER: "twilio",
      TWILIO_ACCOUNT_SID: TWILIO_FIELDS.AccountSid,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_FROM: NUMBER,
      TWILIO_BASE_URL: "http://127.0.0.1:1",
    },
    ...(RUNNER === "process" ? { fetch: refuse } : {}),
    ...options,
  });
  const service = await newServiceWithTemplates(hark);
  const numbers = `/manage/services/${service.id}/inbound_numbers`;
  const number = await bodyOf(await hark.manage("POST", numbers, { number: NUMBER }), 201);
  let texts = 0;

  /** Calls the webhook as Twilio does, with a new id unless `fields` has one. */
  async function receive(
    fields: Readonly<Record<string, string>> = {},
    { authToken = AUTH_TOKEN, path = WEBHOOK } = {},
  ): Promise<Response> {
    const sid = `SM${String(texts++).padStart(32, "0")}`;
    const all = { ...TWILIO_FIELDS, MessageSid: sid, ...fields };
    return await hark.request(path, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-twilio-signature": sign(authToken, PUBLIC_URL + path, all),
      },
      body: new URLSearchParams(all).toString(),
    });
  }
  return extend(hark, { clock, service, numbers, number, receive });
}
