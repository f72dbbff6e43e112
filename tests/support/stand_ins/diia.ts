/**
 * A stand-in for Diia's API for partners, written from the documents of the registries platform and, for the other
 * form of its addresses, from Diia's published gateway: strict about requests, and it records the accepted ones.
 */
import { Buffer } from "node:buffer";
import {
  type Answer,
  type Call,
  type ScriptedServer,
  startScriptedServer,
} from "./scripted_server.ts";

/** The scopes of a partner. */
export type Scope =
  | "createTemplate"
  | "createDistribution"
  | "distributionStatus"
  | "distributionResults";

/** A template that the stand-in accepted. */
export interface TakenTemplate {
  readonly templateId: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A recipient of a distribution that the stand-in accepted. */
export interface TakenRecipient {
  readonly rnokpp: string;
  readonly id: string;
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
}

/** A distribution that the stand-in accepted. */
export interface TakenDistribution {
  readonly distributionId: string;
  readonly templateId: string;
  readonly recipients: readonly TakenRecipient[];
}

/** The options of the stand-in. */
export interface DiiaOptions {
  readonly partnerToken: string;
  /** Defaults to all of them. */
  readonly scopes?: readonly Scope[];
  /** The form of its addresses; defaults to that of the registries' documents. */
  readonly paths?: "registries" | "gateway";
  /** Epoch milliseconds; defaults to the system's clock. */
  readonly now?: () => number;
  /** Its port; a free one when absent. */
  readonly port?: number;
  /** The most bytes of a distribution; more is refused with 413, as a proxy does. Defaults to any number. */
  readonly maxBytes?: number;
  /** Issues tokens that are not JWTs. */
  readonly opaqueTokens?: boolean;
}

/** The stand-in. */
export interface DiiaStandIn extends ScriptedServer {
  readonly templates: readonly TakenTemplate[];
  readonly distributions: readonly TakenDistribution[];
  /** The number of issued tokens. */
  tokensGiven(): number;
  /** Revokes the tokens issued so far. */
  withdrawTokens(): void;
  /** Sets the status of messages to the recipient; the default is `sent`. */
  decide(rnokpp: string, status: string): void;
  /** Refuses every distribution with this recipient, with 422. */
  refuse(rnokpp: string): void;
  /** Sets the status of every distribution: `pending` (the initial one), `in-progress`, `sent` or `closed`. */
  proceed(status: string): void;
}

/** How long a token is valid. */
export const TOKEN_LIFE_MS = 2 * 3_600_000;
const MOST_RECIPIENTS = 10_000;
const ALL_SCOPES: readonly Scope[] = [
  ...["createTemplate", "createDistribution"] as const,
  ...["distributionStatus", "distributionResults"] as const,
];

/** Starts the stand-in. */
export async function startDiia(options: DiiaOptions): Promise<DiiaStandIn> {
  const { scopes = ALL_SCOPES, now = Date.now } = options;
  const templates: TakenTemplate[] = [];
  const distributions: TakenDistribution[] = [];
  const tokens = new Map<string, number>();
  const decided = new Map<string, string>();
  const refusedPeople = new Set<string>();
  let issued = 0;
  let progress = "pending";

  function giveToken(): Answer {
    issued += 1;
    const endsAt = now() + TOKEN_LIFE_MS;
    const claims = { uuid: crypto.randomUUID(), exp: Math.floor(endsAt / 1000) };
    const token = options.opaqueTokens
      ? `opaque-${claims.uuid}`
      : [{ alg: "HS256", typ: "JWT" }, claims, "signature"].map(toPart).join(".");
    tokens.set(token, endsAt);
    return { status: 200, body: { token } };
  }

  function isKnown({ headers }: Call): boolean {
    const [, token] = headers.get("Authorization")?.match(/^Bearer (\S+)$/) ?? [];
    return token !== undefined && (tokens.get(token) ?? 0) > now();
  }

  function takeTemplate({ body }: Call): Answer {
    const fields = parseObject(body);
    if (fields === undefined) return refused(400, "BadRequestError", "Invalid JSON");
    const fault = faultOfTemplate(fields);
    if (fault !== undefined) return refused(422, "ValidationError", fault);
    const templateId = toId();
    templates.push({ templateId, fields });
    return { status: 201, body: { templateId } };
  }

  function takeDistribution({ body }: Call): Answer {
    if (Buffer.byteLength(body) > (options.maxBytes ?? Infinity)) {
      return { status: 413, body: "<html>Request Entity Too Large</html>" };
    }
    const fields = parseObject(body);
    if (fields === undefined) return refused(400, "BadRequestError", "Invalid JSON");
    const fault = faultOfDistribution(fields);
    if (fault !== undefined) return refused(422, "ValidationError", fault);
    if (
      (fields["recipients"] as readonly TakenRecipient[]).some(({ rnokpp }) =>
        refusedPeople.has(rnokpp)
      )
    ) return refused(422, "ValidationError", "The 'recipients' field is wrong.");
    const template = templates.find(({ templateId }) => templateId === fields["templateId"]);
    if (template === undefined) return refused(404, "NotFoundError", "Template not found");
    const { templateId } = template;
    const recipients = (fields["recipients"] as readonly TakenRecipient[])
      .map(({ rnokpp, id, parameters = [] }) => ({ rnokpp, id, parameters }));
    const distributionId = toId();
    distributions.push({ distributionId, templateId, recipients });
    return { status: 200, body: { distributionId } };
  }

  function becomeOf({ rnokpp, parameters }: TakenRecipient, templateId: string): string {
    const template = templates.find((each) => each.templateId === templateId);
    const texts = ["title", "shortText", "fullText"].map((name) => template?.fields[name]).join("");
    const names = texts.matchAll(/\{([^{}]+)\}/g).map(([, name]) => name);
    const isWhole = names.every((name) => parameters.some(({ key }) => key === name));
    return isWhole ? decided.get(rnokpp) ?? "sent" : "notification-generation-error";
  }

  function answerReport(kind: "status" | "results", id: string): Answer {
    const distribution = distributions.find(({ distributionId }) => distributionId === id);
    if (distribution === undefined) return refused(404, "NotFoundError", "Distribution not found");
    if (kind === "status") return { status: 200, body: { status: progress } };
    const { templateId } = distribution;
    const recipients = distribution.recipients.map((recipient) => ({
      id: recipient.id,
      rnokpp: recipient.rnokpp,
      status: progress === "pending" ? "pending" : becomeOf(recipient, templateId),
    }));
    return { status: 200, body: { recipients } };
  }

  const server = await startScriptedServer({
    answer(call) {
      const { method, path, headers, query, body } = call;
      if (query.size > 0) return refused(400, "BadRequestError", "No query is taken");
      if (path.startsWith("/api/v1/auth/partner/")) {
        const partner = decodeURIComponent(path.slice("/api/v1/auth/partner/".length));
        if (method !== "GET" || body !== "") return refused(404, "NotFoundError", "Not found");
        if (partner !== options.partnerToken) {
          return refused(404, "NotFoundError", "Partner not found");
        }
        return giveToken();
      }
      const route = routeOf(method, path, options.paths ?? "registries");
      if (route === undefined) return refused(404, "NotFoundError", "Not found");
      if (!isKnown(call)) return refused(401, "UnauthorizedError", "Invalid token");
      if (!scopes.includes(route.scope)) {
        return refused(403, "AccessDeniedError", `"${route.scope}" scope required`);
      }
      if (headers.get("Content-Type") !== "application/json") {
        return refused(400, "BadRequestError", "Only JSON is taken");
      }
      switch (route.scope) {
        case "createTemplate":
          return takeTemplate(call);
        case "createDistribution":
          return takeDistribution(call);
        case "distributionStatus":
          return answerReport("status", route.id);
        case "distributionResults":
          return answerReport("results", route.id);
      }
    },
    report: () => Promise.resolve(),
    port: options.port,
  });

  return {
    ...server,
    templates,
    distributions,
    tokensGiven: () => issued,
    withdrawTokens: () => tokens.clear(),
    decide: (rnokpp, status) => void decided.set(rnokpp, status),
    refuse: (rnokpp) => void refusedPeople.add(rnokpp),
    proceed(status) {
      progress = status;
    },
  };
}

const PUSH = "/api/v1/notification/distribution/push";
const ROUTES: Readonly<Record<"registries" | "gateway", readonly (readonly [RegExp, Scope])[]>> = {
  registries: [
    [/^\/api\/v1\/notification\/distribution\/push\/([^/]+)\/status$/, "distributionStatus"],
    [/^\/api\/v1\/notification\/distribution\/push\/([^/]+)$/, "distributionResults"],
  ],
  gateway: [
    [/^\/api\/v1\/notification\/distribution\/push\/([^/]+)\/status$/, "distributionResults"],
    [/^\/api\/v1\/notification\/distribution\/([^/]+)\/status$/, "distributionStatus"],
  ],
};

function routeOf(
  method: string,
  path: string,
  paths: "registries" | "gateway",
): { readonly scope: Scope; readonly id: string } | undefined {
  if (method === "POST") {
    if (path === "/api/v1/notification/template") return { scope: "createTemplate", id: "" };
    return path === PUSH ? { scope: "createDistribution", id: "" } : undefined;
  }
  if (method !== "GET") return undefined;
  for (const [pattern, scope] of ROUTES[paths]) {
    const [, id] = path.match(pattern) ?? [];
    if (id !== undefined) return { scope, id };
  }
  return undefined;
}

function faultOfTemplate(fields: Readonly<Record<string, unknown>>): string | undefined {
  const required = ["actionType", "templateType", "title", "shortText", "fullText"];
  const wanting = required.find((name) => !isText(fields[name]));
  if (wanting !== undefined) return `The '${wanting}' field is required.`;
  const optional = ["timeToLiveInSec", "removePrevious", "needAuth"];
  return strangeField(fields, [...required, ...optional]);
}

function faultOfDistribution(fields: Readonly<Record<string, unknown>>): string | undefined {
  const { templateId, recipients } = fields;
  if (!isText(templateId)) return "The 'templateId' field is required.";
  if (!Array.isArray(recipients) || recipients.length === 0) {
    return "The 'recipients' field is required.";
  }
  if (recipients.length > MOST_RECIPIENTS) {
    return `The 'recipients' field must contain less than or equal to ${MOST_RECIPIENTS} items.`;
  }
  return strangeField(fields, ["templateId", "recipients"]) ??
    recipients.map(faultOfRecipient).find((fault) => fault !== undefined);
}

function faultOfRecipient(recipient: Readonly<Record<string, unknown>>): string | undefined {
  const { rnokpp, id, parameters = [] } = recipient;
  if (!isText(rnokpp) || !/^[0-9]{10}$/.test(rnokpp)) return "The 'rnokpp' field is wrong.";
  if (!isText(id)) return "The 'id' field is required.";
  if (!Array.isArray(parameters)) return "The 'parameters' field must be an array.";
  const isPair = (each: Readonly<Record<string, unknown>>) =>
    isText(each["key"]) && typeof each["value"] === "string" && Object.keys(each).length === 2;
  if (!parameters.every(isPair)) return "The 'parameters' field is wrong.";
  return strangeField(recipient, ["rnokpp", "id", "resourceId", "parameters"]);
}

function strangeField(
  fields: Readonly<Record<string, unknown>>,
  known: readonly string[],
): string | undefined {
  const strange = Object.keys(fields).find((name) => !known.includes(name));
  return strange === undefined ? undefined : `The field '${strange}' is forbidden.`;
}

function refused(status: number, name: string, message: string): Answer {
  return { status, body: { name, message, code: status, data: {} } };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function parseObject(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json = JSON.parse(body);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** An id in the form of MongoDB's. */
function toId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 24);
}

function toPart(part: unknown): string {
  return Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
}
