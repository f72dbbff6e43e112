/**
 * A stand-in for Twilio's Messages resource, written from its documents: strict about requests,
 * and it sends signed reports on demand.
 * Sources: https://www.twilio.com/docs/messaging/api/message-resource, …/docs/usage/security
 */
import { createHmac } from "node:crypto";
import {
  type Answer,
  type Call,
  type Delivery,
  post,
  type ScriptedServer,
  startScriptedServer,
} from "./scripted_server.ts";

/** A text that the stand-in accepted. */
export interface AcceptedText {
  readonly sid: string;
  readonly to: string;
  /** The sender, or the id of the messaging service. */
  readonly from: string;
  readonly body: string;
  readonly statusCallback: string | undefined;
  /** The segments that it bills, by its own count. */
  readonly segments: Segments;
}

/** How Twilio counts the segments of a text. */
export interface Segments {
  readonly encoding: "GSM-7" | "UCS-2";
  readonly count: number;
}

/**
 * GSM 03.38 as its table has it, from 0x00 on; 0x1b is the escape. Written out here to check
 * Hark's own table against another one. Source: https://www.unicode.org/Public/MAPPINGS/ETSI/GSM0338.TXT
 */
const GSM_0338 = [
  ...["@£$¥èéùìòÇ\nØø\rÅå", "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ", " !\"#¤%&'()*+,-./", "0123456789:;<=>?"],
  ...["¡ABCDEFGHIJKLMNO", "PQRSTUVWXYZÄÖÑÜ§", "¿abcdefghijklmno", "pqrstuvwxyzäöñüà"],
].join("");
const GSM_0338_ESCAPED = "\f^{}\\[~]|€";

/** Counts as https://www.twilio.com/docs/glossary/what-sms-character-limit says: 160/153 septets, 70/67 units. */
export function countSegments(body: string): Segments {
  let septets = 0;
  for (const character of body) {
    if (GSM_0338.includes(character)) septets += 1;
    else if (GSM_0338_ESCAPED.includes(character)) septets += 2;
    else {
      const count = body.length <= 70 ? 1 : Math.ceil(body.length / 67);
      return { encoding: "UCS-2", count };
    }
  }
  return { encoding: "GSM-7", count: septets <= 160 ? 1 : Math.ceil(septets / 153) };
}

/** The options of the stand-in. */
export interface TwilioOptions {
  readonly accountSid: string;
  readonly authToken: string;
  /** An origin to post reports to; the signature still covers the callback's own address. */
  readonly reportOrigin?: string;
  /** Its clock, in epoch milliseconds; the machine's when absent. */
  readonly now?: () => number;
  /** Its port; a free one when absent. */
  readonly port?: number;
  /** How long a message is missing in the list, in milliseconds; 0 when absent. */
  readonly listDelayMs?: number;
}

/** The stand-in. Reports return the statuses of their responses. */
export interface TwilioStandIn extends ScriptedServer {
  readonly accepted: readonly AcceptedText[];
  reportTo(origin: string): void;
  /** Sets the status of a message without a report of it, as when the report is lost. */
  settle(sid: string, status: string, errorCode?: number): void;
  /** Adds a message that somebody else sent or received by this account; `fields` override those of its resource. */
  addMessage(fields: Readonly<Record<string, unknown>>): void;
  /** Marks the number as opted out by STOP: the next text to it is refused. */
  optOut(number: string): void;
  /**
   * Receives a text, and calls the webhook as often as the delivery says. The signature covers `webhookUrl`. The call goes
   * to its path at the origin that gets the reports, where one is set.
   *
   * @returns the answers, whose bodies are TwiML
   */
  receive(
    webhookUrl: string,
    text: ReceivedText,
    delivery?: Delivery,
  ): Promise<readonly TextAnswer[]>;
  /** Reports a `MessageStatus`. */
  report(
    sid: string,
    status: string,
    report?: Delivery & { readonly errorCode?: number },
  ): Promise<readonly number[]>;
}

/** A text that somebody sent to a number of the account. */
export interface ReceivedText {
  readonly from: string;
  readonly to: string;
  readonly body: string;
  /** The word that Twilio has recognised and answered by itself; absent for none. */
  readonly optOutType?: "STOP" | "START" | "HELP" | undefined;
}

/** An answer to a call of the webhook for texts. */
export interface TextAnswer {
  readonly status: number;
  readonly body: string;
}

/** Starts the stand-in. */
export async function startTwilio(options: TwilioOptions): Promise<TwilioStandIn> {
  const { accountSid, authToken } = options;
  const accepted: AcceptedText[] = [];
  const resources: Resource[] = [];
  const optedOut = new Set<string>();
  const now = options.now ?? Date.now;
  let reportOrigin = options.reportOrigin;

  const server = await startScriptedServer({
    answer(call) {
      const refusal = refusalOf(call, options, optedOut);
      if (refusal !== undefined) return refusal;
      const form = new URLSearchParams(call.body);
      const text = {
        sid: `SM${crypto.randomUUID().replaceAll("-", "")}`,
        to: form.get("To") ?? "",
        from: form.get("From") ?? form.get("MessagingServiceSid") ?? "",
        body: form.get("Body") ?? "",
        statusCallback: form.get("StatusCallback") ?? undefined,
        segments: countSegments(form.get("Body") ?? ""),
      };
      accepted.push(text);
      const resource = toResource(text, accountSid, form, now());
      resources.unshift(resource);
      return { status: 201, body: { ...resource } };
    },
    lookUp(call) {
      const refusal = refusalOfCaller(call, options);
      if (refusal !== undefined) return refusal;
      const listed = resources.filter(({ date_created }) =>
        Date.parse(date_created) + (options.listDelayMs ?? 0) <= now()
      );
      return answerLookUp(call, accountSid, listed);
    },
    report: () => report(accepted.at(-1)?.sid ?? "", "delivered"),
    port: options.port,
  });

  const settle: TwilioStandIn["settle"] = (sid, status, errorCode) => {
    const resource = resources.find((each) => each.sid === sid);
    if (resource === undefined) throw new Error("no such message");
    resource.status = status;
    resource.error_code = errorCode ?? null;
    if (status !== "queued" && status !== "accepted") {
      resource.date_sent ??= new Date(now()).toUTCString();
    }
  };

  const report: TwilioStandIn["report"] = (sid, status, { times, forged, errorCode } = {}) => {
    settle(sid, status, errorCode);
    const text = accepted.find((each) => each.sid === sid);
    if (text === undefined) throw new Error("no such message");
    if (text.statusCallback === undefined) throw new Error("nowhere to report to");
    const fields = {
      AccountSid: accountSid,
      ApiVersion: "2010-04-01",
      From: text.from,
      MessageSid: sid,
      MessageStatus: status,
      SmsSid: sid,
      SmsStatus: status,
      To: text.to,
      ...(errorCode === undefined ? {} : { ErrorCode: String(errorCode) }),
    };
    const signedUrl = text.statusCallback.replace(/#.*$/, "");
    const { pathname, search, origin } = new URL(signedUrl);
    return post(`${reportOrigin ?? origin}${pathname}${search}`, {
      headers: {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": sign(forged ? "guessed" : authToken, signedUrl, fields),
      },
      body: new URLSearchParams(fields).toString(),
    }, times);
  };

  return {
    ...server,
    accepted,
    reportTo(origin) {
      reportOrigin = origin;
    },
    settle,
    addMessage(fields) {
      const text = { sid: `SM${crypto.randomUUID().replaceAll("-", "")}`, to: "", body: "" };
      const segments = countSegments("");
      const form = new URLSearchParams();
      const resource = toResource(
        { ...text, from: "", statusCallback: undefined, segments },
        accountSid,
        form,
        now(),
      );
      resources.unshift({ ...resource, ...fields });
    },
    optOut: (number) => void optedOut.add(number),
    report,
    receive: (webhookUrl, text, delivery) =>
      sendText(webhookUrl, reportOrigin, text, options, delivery),
  };
}

/** Calls the webhook at another origin where one is given; it is signed for `webhookUrl`. */
async function sendText(
  webhookUrl: string,
  origin: string | undefined,
  { from, to, body, optOutType }: ReceivedText,
  { accountSid, authToken }: TwilioOptions,
  { times = 1, forged }: Delivery = {},
): Promise<readonly TextAnswer[]> {
  const sid = `SM${crypto.randomUUID().replaceAll("-", "")}`;
  const fields = {
    AccountSid: accountSid,
    ApiVersion: "2010-04-01",
    Body: body,
    From: from,
    MessageSid: sid,
    NumMedia: "0",
    NumSegments: String(countSegments(body).count),
    SmsMessageSid: sid,
    SmsSid: sid,
    SmsStatus: "received",
    To: to,
    ...(optOutType === undefined ? {} : { OptOutType: optOutType }),
  };
  const answers: TextAnswer[] = [];
  const { pathname, search } = new URL(webhookUrl);
  const called = origin === undefined ? webhookUrl : `${origin}${pathname}${search}`;
  for (let i = 0; i < times; i++) {
    const response = await fetch(called, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": sign(forged ? "guessed" : authToken, webhookUrl, fields),
      },
      body: new URLSearchParams(fields).toString(),
    });
    answers.push({ status: response.status, body: await response.text() });
  }
  return answers;
}

/** `X-Twilio-Signature` of a form post. */
export function sign(
  authToken: string,
  url: string,
  fields: Readonly<Record<string, string>>,
): string {
  const names = Object.keys(fields).sort();
  const text = url + names.map((name) => `${name}${fields[name]}`).join("");
  return createHmac("sha1", authToken).update(text, "utf8").digest("base64");
}

const FIELDS = [
  ...["To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"],
  ...["SendAt", "ScheduleType", "MediaUrl", "ContentSid", "ContentVariables"],
];
const NUMBER = /^\+[1-9]\d{6,14}$/;
const SENDER = /^(?:\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/;

function refusalOfCaller(
  { headers }: Call,
  { accountSid, authToken }: TwilioOptions,
): Answer | undefined {
  return headers.get("Authorization") === `Basic ${btoa(`${accountSid}:${authToken}`)}`
    ? undefined
    : refused(401, 20003, "Authenticate");
}

function refusalOf(
  call: Call,
  options: TwilioOptions,
  optedOut: ReadonlySet<string>,
): Answer | undefined {
  const { method, path, headers, body } = call;
  const { accountSid } = options;
  const refusal = refusalOfCaller(call, options);
  if (refusal !== undefined) return refusal;
  if (method !== "POST" || path !== `/2010-04-01/Accounts/${accountSid}/Messages.json`) {
    return refused(404, 20404, "The requested resource was not found");
  }
  if (!headers.get("Content-Type")?.startsWith("application/x-www-form-urlencoded")) {
    return refused(400, 20001, "Only forms are taken");
  }
  const form = new URLSearchParams(body);
  const names = [...form.keys()];
  const strange = names.find((name) => !FIELDS.includes(name) || form.getAll(name).length > 1);
  if (strange !== undefined) return refused(400, 20001, `Strange field ${strange}`);
  const to = form.get("To");
  if (to === null) return refused(400, 21604, "A 'To' phone number is required.");
  if (!NUMBER.test(to)) return refused(400, 21211, "Invalid 'To' Phone Number");
  const from = form.get("From");
  const service = form.get("MessagingServiceSid");
  if (from === null && service === null) {
    return refused(400, 21603, "A 'From' phone number or a messaging service is required.");
  }
  if (from !== null && !SENDER.test(from)) return refused(400, 21212, "Invalid 'From'");
  if (service !== null && !/^MG[0-9a-f]{32}$/.test(service)) {
    return refused(400, 21701, "The Messaging Service does not exist.");
  }
  const text = form.get("Body") ?? "";
  if (text === "") return refused(400, 21602, "Message body is required.");
  if (text.length > 1600) return refused(400, 21617, "The concatenated message body is too long.");
  const validity = form.get("ValidityPeriod");
  if (validity !== null && !/^[1-9][0-9]{0,4}$/.test(validity) || Number(validity) > 36_000) {
    return refused(400, 21620, "Invalid ValidityPeriod");
  }
  if (!isCallback(form.get("StatusCallback"))) return refused(400, 21609, "Invalid StatusCallback");
  if (optedOut.has(to)) return refused(400, 21610, "Attempt to send to unsubscribed recipient");
  return undefined;
}

function isCallback(url: string | null): boolean {
  if (url === null) return true;
  const parsed = URL.parse(url);
  return parsed !== null && /^https?:$/.test(parsed.protocol) && !parsed.host.includes("_") &&
    /^(?:#(?:(?:ct|rt|tt|rc)=\d+|rp=(?:ct|rt|4xx|5xx|all))(?:&(?:(?:ct|rt|tt|rc)=\d+|rp=(?:ct|rt|4xx|5xx|all)))*)?$/
      .test(parsed.hash);
}

function refused(status: number, code: number, message: string): Answer {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return { status, body: { code, message, more_info, status } };
}

/** The parameters of the list. Source: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources */
const LIST_PARAMETERS = ["To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page"];

function answerLookUp(
  { path, query }: Call,
  accountSid: string,
  resources: readonly Resource[],
): Answer {
  const root = `/2010-04-01/Accounts/${accountSid}/Messages`;
  const sid = path.startsWith(`${root}/`)
    ? path.slice(root.length + 1, -".json".length)
    : undefined;
  if (sid !== undefined) {
    const resource = resources.find((each) => each.sid === sid);
    return resource === undefined
      ? refused(404, 20404, "The requested resource was not found")
      : { status: 200, body: resource };
  }
  const strange = [...query.keys()].find((name) => !LIST_PARAMETERS.includes(name));
  if (path !== `${root}.json` || strange !== undefined) {
    return refused(404, 20404, "The requested resource was not found");
  }
  const size = Number(query.get("PageSize") ?? "50");
  const page = Number(query.get("Page") ?? "0");
  const day = query.get("DateSent");
  if (!(size >= 1 && size <= 1000) || (day !== null && !/^\d{4}-\d\d-\d\d$/.test(day))) {
    return refused(400, 20001, "Invalid parameter");
  }
  const matching = resources.filter(({ to, from, date_sent }) =>
    (!query.has("To") || to === query.get("To")) &&
    (!query.has("From") || from === query.get("From")) &&
    (day === null || date_sent !== null && new Date(date_sent).toISOString().startsWith(day))
  );
  const hasMore = matching.length > (page + 1) * size;
  const next = new URLSearchParams(query);
  next.set("Page", String(page + 1));
  return {
    status: 200,
    body: {
      messages: matching.slice(page * size, (page + 1) * size),
      page,
      page_size: size,
      next_page_uri: hasMore ? `${root}.json?${next}` : null,
    },
  };
}

type Resource = ReturnType<typeof toResource>;

function toResource(
  { sid, to, body, segments }: AcceptedText,
  accountSid: string,
  form: URLSearchParams,
  now: number,
) {
  const status: string = form.has("MessagingServiceSid") ? "accepted" : "queued";
  return {
    sid,
    account_sid: accountSid,
    api_version: "2010-04-01",
    body,
    date_created: new Date(now).toUTCString(),
    date_sent: null as string | null,
    date_updated: new Date(now).toUTCString(),
    direction: "outbound-api",
    error_code: null as number | null,
    error_message: null,
    from: form.get("From"),
    messaging_service_sid: form.get("MessagingServiceSid"),
    num_media: "0",
    num_segments: String(segments.count),
    price: null,
    price_unit: "USD",
    status,
    to,
    uri: `/2010-04-01/Accounts/${accountSid}/Messages/${sid}.json`,
  };
}
