/**
 * A stand-in for Postmark, written from its documents: strict about requests, and it sends reports on demand.
 * Sources: https://postmarkapp.com/developer/api/email-api, …/user-guide/webhooks
 */
import {
  type Answer,
  type Call,
  type Delivery,
  post,
  type ScriptedServer,
  startScriptedServer,
} from "./scripted_server.ts";

/** An e-mail that the stand-in accepted. */
export interface AcceptedEmail {
  readonly MessageID: string;
  readonly From: string;
  readonly To: string;
  readonly Subject: string;
  readonly HtmlBody?: string;
  readonly TextBody?: string;
  readonly ReplyTo?: string;
  readonly MessageStream?: string;
  readonly Headers?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Metadata?: Readonly<Record<string, string>>;
}

/** The options of the stand-in. */
export interface PostmarkOptions {
  readonly token: string;
  /** The address of its reports; `reportTo` can set it later. */
  readonly webhookUrl?: string;
  readonly webhookUser: string;
  readonly webhookPassword: string;
  /** Its clock, in epoch milliseconds; the machine's when absent. */
  readonly now?: () => number;
  /** Its port; a free one when absent. */
  readonly port?: number;
  /** How long a message is missing in the search, in milliseconds; 0 when absent. */
  readonly searchDelayMs?: number;
  /** Whether the server's open tracking is on. */
  readonly trackOpens?: boolean;
}

/** The stand-in. Reports return the statuses of their responses. */
export interface PostmarkStandIn extends ScriptedServer {
  readonly accepted: readonly AcceptedEmail[];
  reportTo(webhookUrl: string): void;
  /** Changes the webhook that the API shows, which has the address of the reports and every trigger at first. */
  changeWebhook(fields: Readonly<Record<string, unknown>>): void;
  /** Sets what became of a message without a report of it, as when the report is lost; `bounce` is its type. */
  settle(messageId: string, event: "Delivered" | { readonly bounce: string }): void;
  /** Marks the address as bounced: the next e-mail to it is refused. */
  deactivate(address: string): void;
  /** Refuses every e-mail to the address with this code. */
  fault(address: string, errorCode: number): void;
  /** Refuses every call with an e-mail to the address as a whole, as malformed. */
  spoil(address: string): void;
  deliver(messageId: string, delivery?: Delivery): Promise<readonly number[]>;
  bounce(
    messageId: string,
    bounce?: Delivery & { readonly type?: string; readonly inactive?: boolean },
  ): Promise<readonly number[]>;
  complaint(messageId: string, delivery?: Delivery): Promise<readonly number[]>;
  unsubscribe(messageId: string, delivery?: Delivery): Promise<readonly number[]>;
  /** Reports an event: `fields` override the common fields. */
  report(
    messageId: string,
    fields: Readonly<Record<string, unknown>>,
    delivery?: Delivery,
  ): Promise<readonly number[]>;
}

interface MessageEvent {
  readonly Type: string;
  readonly ReceivedAt: string;
  readonly Details: { readonly BounceID: string | undefined };
}

/** The types of the bounces that `settle` has made; the first has the id 700. */
const bounces: string[] = [];

/** Starts the stand-in. */
export async function startPostmark(options: PostmarkOptions): Promise<PostmarkStandIn> {
  const accepted: AcceptedEmail[] = [];
  const script: Script = { faults: new Map(), spoilers: new Set() };
  const times = new Map<string, number>();
  const events = new Map<string, MessageEvent[]>();
  const clock = options.now ?? Date.now;
  const now = () => new Date(clock()).toISOString();
  let webhookUrl = options.webhookUrl;
  let webhookFields: Readonly<Record<string, unknown>> = {};

  function take(email: Record<string, unknown>): Answer {
    const refusal = refusalOfEmail(email, script);
    if (refusal !== undefined) return refusal;
    const acceptedEmail = { ...email, MessageID: crypto.randomUUID() } as AcceptedEmail;
    accepted.push(acceptedEmail);
    times.set(acceptedEmail.MessageID, clock());
    const { To, MessageID } = acceptedEmail;
    const SubmittedAt = now();
    return { status: 200, body: { To, SubmittedAt, MessageID, ErrorCode: 0, Message: "OK" } };
  }

  const server = await startScriptedServer({
    answer(call) {
      const { emails, refusal } = readEmails(call, options.token, script);
      if (emails === undefined) return refusal;
      const answers = emails.map(take);
      // Each message of a batch has its own answer; the batch as a whole is always a success.
      if (call.path === BATCH) return { status: 200, body: answers.map(({ body }) => body) };
      return answers[0] ?? refused(422, 402, "Invalid JSON");
    },
    lookUp(call) {
      if (call.headers.get("X-Postmark-Server-Token") !== options.token) {
        return refused(401, 10, "Request does not contain a valid Server token.");
      }
      if (call.path === "/webhooks") {
        const shown = webhookUrl === undefined
          ? []
          : [{ ...toWebhook(webhookUrl, options), ...webhookFields }];
        return { status: 200, body: { Webhooks: shown } };
      }
      const listed = accepted.filter(({ MessageID }) =>
        (times.get(MessageID) ?? 0) + (options.searchDelayMs ?? 0) <= clock()
      );
      return answerLookUp(call, { listed, times, events, trackOpens: options.trackOpens ?? false });
    },
    report: () => deliver(accepted.at(-1)?.MessageID ?? ""),
    port: options.port,
  });

  const report: PostmarkStandIn["report"] = (messageId, fields, { times, forged } = {}) => {
    const email = accepted.find(({ MessageID }) => MessageID === messageId);
    if (email === undefined) throw new Error("no such message");
    if (webhookUrl === undefined) throw new Error("nowhere to report to");
    const password = forged ? "guessed" : options.webhookPassword;
    return post(webhookUrl, {
      headers: {
        "Authorization": basic(options.webhookUser, password),
        "Content-Type": "application/json",
        "User-Agent": "Postmark",
      },
      body: JSON.stringify({ ...commonFields(email), ...fields }),
    }, times);
  };
  const deliver: PostmarkStandIn["deliver"] = (messageId, delivery) =>
    report(messageId, { RecordType: "Delivery", DeliveredAt: now(), Details: "250 OK" }, delivery);

  return {
    ...server,
    accepted,
    reportTo(url) {
      webhookUrl = url;
    },
    changeWebhook(fields) {
      webhookFields = fields;
    },
    settle(messageId, event) {
      const [Type, bounce] = event === "Delivered" ? [event, undefined] : ["Bounced", event.bounce];
      const ReceivedAt = new Date(clock()).toISOString();
      const list = events.get(messageId) ?? [];
      const BounceID = bounce === undefined ? undefined : `${700 + bounces.length}`;
      if (bounce !== undefined) bounces.push(bounce);
      events.set(messageId, [...list, { Type, ReceivedAt, Details: { BounceID } }]);
    },
    deactivate: (address) => void script.faults.set(address, 406),
    fault: (address, errorCode) => void script.faults.set(address, errorCode),
    spoil: (address) => void script.spoilers.add(address),
    report,
    deliver,
    bounce(messageId, { type = "HardBounce", inactive: off, ...delivery } = {}) {
      const Inactive = off ?? type === "HardBounce";
      const fields = { RecordType: "Bounce", ...bounceFields(type, now()), Inactive };
      return report(messageId, fields, delivery);
    },
    complaint(messageId, delivery) {
      const fields = { RecordType: "SpamComplaint", ...bounceFields("SpamComplaint", now()) };
      return report(messageId, { ...fields, Inactive: true }, delivery);
    },
    unsubscribe(messageId, delivery) {
      return report(messageId, {
        RecordType: "SubscriptionChange",
        ChangedAt: now(),
        Origin: "Recipient",
        SuppressSending: true,
        SuppressionReason: "ManualSuppression",
      }, delivery);
    },
  };
}

/** Source: https://postmarkapp.com/developer/api/webhooks-api */
function toWebhook(Url: string, { webhookUser, webhookPassword }: PostmarkOptions) {
  const Enabled = true;
  return {
    ID: 1234567,
    Url,
    MessageStream: "outbound",
    HttpAuth: { Username: webhookUser, Password: webhookPassword },
    HttpHeaders: [],
    Triggers: {
      Open: { Enabled: false, PostFirstOpenOnly: false },
      Click: { Enabled: false },
      Delivery: { Enabled },
      Bounce: { Enabled, IncludeContent: false },
      SpamComplaint: { Enabled, IncludeContent: false },
      SubscriptionChange: { Enabled },
    },
  };
}

const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`;

function commonFields({ MessageID, To, MessageStream, Metadata }: AcceptedEmail) {
  return { MessageID, Recipient: To, ServerID: 23, MessageStream, Tag: "", Metadata };
}

function bounceFields(Type: string, BouncedAt: string) {
  return {
    ID: crypto.getRandomValues(new Uint32Array(1))[0],
    Type,
    TypeCode: 1,
    Name: Type,
    Description: "The server was unable to deliver your message.",
    Details: "smtp;550 5.1.1 no such user",
    BouncedAt,
    DumpAvailable: true,
    CanActivate: true,
    Subject: "A subject",
  };
}

const FIELDS = [
  ...["From", "To", "Cc", "Bcc", "Subject", "Tag", "HtmlBody", "TextBody", "ReplyTo", "Headers"],
  ...["TrackOpens", "TrackLinks", "Attachments", "Metadata", "MessageStream"],
];
const MAILBOX = /^(?:"(?:[^"\\\r\n]|\\.)*" )?<?[^\s<>@",;]+@[^\s<>@",;]+>?$/;
const MEGABYTE = 1024 * 1024;
/** Postmark writes these itself. Source: symfony/symfony#60254, beam-community/bamboo#302, Znarkus/postmark-php#27 */
const FORBIDDEN_HEADERS =
  /^(?:date|from|sender|to|cc|bcc|reply-to|subject|mime-version|content-type)$/i;

const BATCH = "/email/batch";

/** The addresses that it refuses, and those whose calls it refuses as malformed. */
interface Script {
  readonly faults: Map<string, number>;
  readonly spoilers: Set<string>;
}

type Email = Record<string, unknown>;

/** The e-mails of a call, or the refusal of the whole call. */
type Read =
  | { readonly emails: readonly Email[]; readonly refusal?: undefined }
  | { readonly emails?: undefined; readonly refusal: Answer };

function readEmails(call: Call, token: string, { spoilers }: Script): Read {
  const refuse = (...answer: Parameters<typeof refused>) => ({ refusal: refused(...answer) });
  const { method, path, headers, body } = call;
  const isBatch = path === BATCH;
  if (method !== "POST" || !isBatch && path !== "/email") return refuse(404, 0, "Not found");
  if (headers.get("X-Postmark-Server-Token") !== token) {
    return refuse(401, 10, "Request does not contain a valid Server token.");
  }
  const isJson = headers.get("Content-Type")?.startsWith("application/json");
  if (!isJson || headers.get("Accept") !== "application/json") {
    return refuse(422, 409, "JSON required");
  }
  const size = new TextEncoder().encode(body).length;
  if (size > (isBatch ? 50 : 10) * MEGABYTE) return refuse(413, 0, "Too large");
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    return refuse(422, 402, "Invalid JSON");
  }
  const emails: readonly unknown[] = Array.isArray(read) ? read : [read];
  if (Array.isArray(read) !== isBatch || !emails.every(isObject)) {
    return refuse(422, 403, "Incompatible JSON");
  }
  if (emails.length > 500) return refuse(422, 410, "Too many batch messages");
  if (emails.some(({ To }) => spoilers.has(asText(To) ?? ""))) {
    return refuse(422, 403, "Incompatible JSON");
  }
  return { emails };
}

/** Source: https://postmarkapp.com/developer/api/messages-api */
function answerLookUp(
  { path, query }: Call,
  { listed, times, events, trackOpens }: {
    readonly listed: readonly AcceptedEmail[];
    readonly times: ReadonlyMap<string, number>;
    readonly events: ReadonlyMap<string, readonly MessageEvent[]>;
    readonly trackOpens: boolean;
  },
): Answer {
  if (path === "/server") {
    return { status: 200, body: { ID: 1, TrackOpens: trackOpens, TrackLinks: "None" } };
  }
  const bounce = /^\/bounces\/(\d+)$/.exec(path)?.[1];
  if (bounce !== undefined) {
    const Type = bounces[Number(bounce) - 700];
    return { status: 200, body: { ID: Number(bounce), Type, Inactive: Type === "HardBounce" } };
  }
  const id = /^\/messages\/outbound\/([^/]+)\/details$/.exec(path)?.[1];
  if (id !== undefined) {
    const email = listed.find(({ MessageID }) => MessageID === id);
    if (email === undefined) return refused(422, 701, "This message does not exist");
    return { status: 200, body: { MessageID: id, MessageEvents: events.get(id) ?? [] } };
  }
  if (path !== "/messages/outbound") return refused(404, 0, "Not found");
  const count = Number(query.get("count"));
  const offset = Number(query.get("offset"));
  const metadata = [...query].filter(([name]) => name.startsWith("metadata_"));
  if (!(count >= 1 && count <= 500) || !query.has("offset") || metadata.length > 1) {
    return refused(422, 600, "Invalid parameters");
  }
  const matching = listed.filter(({ Metadata }) =>
    metadata.every(([name, value]) => Metadata?.[name.slice("metadata_".length)] === value)
  ).toReversed();
  return {
    status: 200,
    body: {
      TotalCount: matching.length,
      Messages: matching.slice(offset, offset + count).map(({ MessageID, Metadata, To }) => ({
        MessageID,
        Metadata,
        To: [{ Email: To, Name: null }],
        Status: "Sent",
        ReceivedAt: new Date(times.get(MessageID) ?? 0).toISOString(),
      })),
    },
  };
}

function isObject(value: unknown): value is Email {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusalOfEmail(email: Email, { faults }: Script): Answer | undefined {
  const wrong = faultOf(email);
  if (wrong !== undefined) return refused(422, 300, wrong);
  if (JSON.stringify(email).length > 10 * MEGABYTE) return refused(422, 300, "Too large");
  if (!["outbound", "broadcast", undefined].includes(asText(email["MessageStream"]))) {
    return refused(422, 1235, "The 'MessageStream' provided does not exist on this server.");
  }
  const code = faults.get(asText(email["To"]) ?? "");
  if (code === undefined) return undefined;
  return code === 406
    ? refused(
      422,
      406,
      "You tried to send to recipient(s) that have been marked as inactive.",
    )
    : refused(422, code, messageOf(code));
}

function messageOf(code: number): string {
  return code === 300 ? "Invalid 'To' address: 'ann'." : "The stand-in is scripted to refuse this.";
}

function refused(status: number, ErrorCode: number, Message: string): Answer {
  return { status, body: { ErrorCode, Message } };
}

/** The error of the fields: Postmark's own, or one that only this stand-in checks. */
function faultOf(email: Record<string, unknown>): string | undefined {
  const unknown = Object.keys(email).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return `Unknown field '${unknown}'.`;
  for (const name of ["From", "To"]) {
    if (!MAILBOX.test(asText(email[name]) ?? "")) return `Invalid '${name}' address.`;
  }
  if (email["ReplyTo"] !== undefined && !MAILBOX.test(asText(email["ReplyTo"]) ?? "")) {
    return "Invalid 'ReplyTo' address.";
  }
  const subject = asText(email["Subject"]);
  if (subject === undefined || subject.length > 2000 || /[\r\n]/.test(subject)) return "Subject";
  const bodies = [email["HtmlBody"], email["TextBody"]].map(asText);
  if (!bodies.some(Boolean)) return "Provide either email TextBody or HtmlBody or both.";
  if (bodies.some((each) => (each ?? "").length > 5 * MEGABYTE)) return "Body too large";
  return faultOfMetadata(email["Metadata"] ?? {}) ?? faultOfHeaders(email["Headers"] ?? []);
}

function faultOfMetadata(metadata: unknown): string | undefined {
  if (typeof metadata !== "object" || metadata === null) return "Metadata";
  const entries = Object.entries(metadata);
  const fits = entries.every(([name, value]) =>
    name.length <= 20 && typeof value === "string" && value.length <= 80
  );
  return fits && entries.length <= 10 ? undefined : "Metadata limits";
}

function faultOfHeaders(headers: unknown): string | undefined {
  if (!Array.isArray(headers)) return "Headers";
  const fits = headers.every((header: Record<string, unknown>) =>
    Object.keys(header).sort().join() === "Name,Value" &&
    /^[!-9;-~]+$/.test(asText(header["Name"]) ?? "") &&
    /^[^\r\n\0]*$/.test(asText(header["Value"]) ?? "\n")
  );
  if (!fits) return "Invalid header";
  const names = headers.map((header: Record<string, unknown>) => asText(header["Name"]) ?? "");
  const forbidden = names.find((name) => FORBIDDEN_HEADERS.test(name));
  return forbidden === undefined ? undefined : `Header '${forbidden}' not allowed.`;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
