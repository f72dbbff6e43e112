/**
 * A stand-in for Vonage's Messages API (v1, text messages), written from its documents: strict about requests and their
 * tokens, and it sends signed reports and texts on demand.
 * Sources: https://developer.vonage.com/en/api/messages, …/messages/concepts/signed-webhooks
 */
import {
  createHash,
  createHmac,
  createVerify,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import {
  type Answer,
  type Call,
  type Delivery,
  post,
  type ScriptedServer,
  startScriptedServer,
} from "./scripted_server.ts";

/** A text that the stand-in accepted. */
export interface AcceptedVonageText {
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly clientRef: string | undefined;
  readonly webhookUrl: string | undefined;
  readonly ttl: number | undefined;
}

/** A new key pair of an application; the private key in PKCS#8, as PEM. */
export function newVonageKeys(): { readonly privateKey: string; readonly publicKey: KeyObject } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), publicKey };
}

/** The options of the stand-in. */
export interface VonageOptions {
  readonly applicationId: string;
  /** The public key of the application. */
  readonly publicKey: KeyObject;
  readonly signatureSecret: string;
  /** An origin to post reports and texts to, instead of that of the text's `webhook_url`. */
  readonly reportOrigin?: string;
  /** The port of 127.0.0.1 to listen on; a free one when absent. */
  readonly port?: number;
  /** Its clock, in epoch milliseconds; the machine's when absent. */
  readonly now?: () => number;
}

/** The stand-in. Reports and texts return the statuses of their responses. */
export interface VonageStandIn extends ScriptedServer {
  readonly accepted: readonly AcceptedVonageText[];
  reportTo(origin: string): void;
  /** Reports a status, with an error's code if it has one. */
  report(
    id: string,
    status: string,
    report?: Delivery & { readonly code?: number },
  ): Promise<readonly number[]>;
  /** Delivers a text that a person sent. */
  deliver(
    text: { readonly from: string; readonly to: string; readonly text: string },
    delivery?: Delivery,
  ): Promise<readonly number[]>;
}

const FIELDS: Readonly<Record<string, "string" | "number">> = {
  channel: "string",
  message_type: "string",
  to: "string",
  from: "string",
  text: "string",
  client_ref: "string",
  webhook_url: "string",
  webhook_version: "string",
  ttl: "number",
};

/** Starts the stand-in. */
export async function startVonage(options: VonageOptions): Promise<VonageStandIn> {
  const accepted: AcceptedVonageText[] = [];
  const tokenIds = new Set<string>();
  let reportOrigin = options.reportOrigin;

  const now = options.now ?? Date.now;

  const server = await startScriptedServer({
    port: options.port,
    answer(call) {
      const refusal = refusalOf(call, options, tokenIds);
      if (refusal !== undefined) return refusal;
      const fields = JSON.parse(call.body);
      const id = crypto.randomUUID();
      accepted.push({
        id,
        to: fields.to,
        from: fields.from,
        text: fields.text,
        clientRef: fields.client_ref,
        webhookUrl: fields.webhook_url,
        ttl: fields.ttl,
      });
      return { status: 202, body: { message_uuid: id } };
    },
    report: () => report(accepted.at(-1)?.id ?? "", "delivered"),
  });

  async function call(
    url: string,
    body: string,
    { times, forged }: Delivery,
  ): Promise<readonly number[]> {
    const secret = forged ? "guessed" : options.signatureSecret;
    const authorization = signVonageCall(secret, body, {
      application_id: options.applicationId,
      iat: Math.floor(now() / 1000),
    });
    return await post(url, {
      headers: { "Authorization": authorization, "Content-Type": "application/json" },
      body,
    }, times);
  }

  const report: VonageStandIn["report"] = async (id, status, { code, ...delivery } = {}) => {
    const text = accepted.find((each) => each.id === id);
    if (text === undefined) throw new Error("no such message");
    if (text.webhookUrl === undefined) throw new Error("nowhere to report to");
    const { origin, pathname } = new URL(text.webhookUrl);
    const fields = {
      message_uuid: id,
      to: text.to,
      from: text.from,
      timestamp: new Date(now()).toISOString(),
      status,
      channel: "sms",
      client_ref: text.clientRef,
      ...(code === undefined ? {} : { error: toProblem(code, "A detail") }),
      usage: { currency: "EUR", price: "0.0333" },
      destination: { network_code: "23410" },
      sms: { count_total: "1" },
    };
    return await call(`${reportOrigin ?? origin}${pathname}`, JSON.stringify(fields), delivery);
  };

  return {
    ...server,
    accepted,
    reportTo(origin) {
      reportOrigin = origin;
    },
    report,
    async deliver({ from, to, text }, delivery = {}) {
      const fields = {
        channel: "sms",
        message_uuid: crypto.randomUUID(),
        to,
        from,
        timestamp: new Date(now()).toISOString(),
        text,
        sms: { num_messages: "1", keyword: text.split(" ")[0]?.toUpperCase() },
        usage: { currency: "EUR", price: "0.0" },
        origin: { network_code: "23410" },
      };
      return await call(`${reportOrigin}/inbound/vonage`, JSON.stringify(fields), delivery);
    },
  };
}

/**
 * The header `Authorization` of a call of Vonage's: a JWT with the hash of the body. `claims` are added to its own, or
 * replace them.
 */
export function signVonageCall(
  secret: string,
  body: string,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const parts = [
    encode({ alg: "HS256", typ: "JWT", ...header }),
    encode({
      iat: Math.floor(Date.now() / 1000),
      jti: crypto.randomUUID(),
      iss: "Vonage",
      payload_hash: createHash("sha256").update(body, "utf8").digest("hex"),
      api_key: "abcd1234",
      ...claims,
    }),
  ].join(".");
  return `Bearer ${parts}.${createHmac("sha256", secret).update(parts).digest("base64url")}`;
}

/** A problem as Vonage answers with it. */
export function toProblem(code: number | string, detail = "A detail") {
  const isNumber = typeof code === "number";
  return {
    type: `https://developer.vonage.com/api-errors${isNumber ? "/messages" : ""}#${code}`,
    title: isNumber ? String(code) : "A title",
    detail,
    instance: "bf0ca0bf927b3b52e3cb03217e1a1ddf",
  };
}

function refused(status: number, code: number | string, detail?: string): Answer {
  return { status, body: toProblem(code, detail) };
}

function refusalOf(
  { method, path, headers, body }: Call,
  options: VonageOptions,
  tokenIds: Set<string>,
): Answer | undefined {
  const fault = faultOfToken(headers.get("Authorization"), options, tokenIds);
  if (fault !== undefined) return refused(401, "unauthorized", fault);
  if (method !== "POST" || path !== "/v1/messages") return refused(404, "not-found");
  if (headers.get("Content-Type") !== "application/json") return refused(415, "invalid-json");
  const fields: Readonly<Record<string, unknown>> = JSON.parse(body);
  const isStrange = (name: string, type: string) => FIELDS[name] !== type;
  const strange = Object.entries(fields).find(([name, value]) => isStrange(name, typeof value));
  if (strange !== undefined) return refused(422, 1020, `Strange field ${strange[0]}`);
  const { channel, message_type, to, from, text, client_ref, webhook_url, ttl } = fields;
  if (channel !== "sms") return refused(422, 1400);
  if (message_type !== "text") return refused(422, 1440);
  if (!/^[1-9]\d{6,14}$/.test(String(to))) return refused(422, 1430);
  if (!/^(?:\d{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/.test(String(from))) {
    return refused(422, 1420);
  }
  if (text === "" || String(text).length > 1_000) return refused(422, 1020);
  if (client_ref !== undefined && String(client_ref).length > 100) return refused(422, 1450);
  if (webhook_url !== undefined && !URL.canParse(String(webhook_url))) return refused(422, 1020);
  if (ttl !== undefined && !(Number(ttl) >= 20 && Number(ttl) <= 604_800)) {
    return refused(422, 1130);
  }
  return undefined;
}

function faultOfToken(
  authorization: string | null,
  { applicationId, publicKey, now: clock = Date.now }: VonageOptions,
  tokenIds: Set<string>,
): string | undefined {
  const [, head = "", claims = "", signature = ""] =
    /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(authorization ?? "") ?? [];
  const verify = createVerify("RSA-SHA256").update(`${head}.${claims}`);
  if (!verify.verify(publicKey, Buffer.from(signature, "base64url"))) return "signature";
  const decode = (text: string) => JSON.parse(Buffer.from(text, "base64url").toString());
  if (decode(head).alg !== "RS256") return "alg";
  const { application_id, iat, exp, jti } = decode(claims);
  const now = clock() / 1000;
  if (application_id !== applicationId) return "application_id";
  if (!(Math.abs(now - iat) < 60) || !(exp > now) || exp - iat > 24 * 60 * 60) return "iat or exp";
  if (typeof jti !== "string" || tokenIds.has(jti)) return "jti";
  tokenIds.add(jti);
  return undefined;
}
