/** Runs the cases of `v2_validation`, `auth` and `status_filter` against the functions that serve requests. */
import { compactVerify } from "jose";
import { AUTH_ANSWERS } from "../../domain/access/service_token/answers.ts";
import { checkClaims } from "../../domain/access/service_token/claims.ts";
import { usableKeys } from "../../domain/access/service_token/keys.ts";
import type { AuthRefusal } from "../../domain/access/service_token/refusal.ts";
import { parseAuthorization } from "../../domain/access/service_token/token.ts";
import { parseKeyId, parseServiceId } from "../../domain/ids.ts";
import type { ApiKey, KeyKind } from "../../domain/service/service.ts";
import { expandStatuses } from "../../domain/notify_v2/status_filter.ts";
import { V2_SCHEMAS, type V2Endpoint } from "../../domain/notify_v2/schemas.ts";
import { letterEndpoint, validateV2 } from "../../domain/notify_v2/validate_v2.ts";

type Op = (input: Record<string, unknown>) => unknown | Promise<unknown>;

const ANY_INSTANT = Date.UTC(2026, 0, 1, 12);

function validation(input: Record<string, unknown>): unknown {
  const now = typeof input.now === "string"
    ? Date.parse(`${input.now.replace(" ", "T").replace(/Z$/, "")}Z`)
    : ANY_INSTANT;
  const result = validateV2(toEndpoint(String(input.endpoint), input.body), input.body, now);
  if (result.ok) return { valid: true };
  const body = { status_code: 400, errors: result.refusal };
  return { valid: false, http_status: 400, body };
}

function toEndpoint(name: string, body: unknown): V2Endpoint {
  if (name === "POST /v2/notifications/letter") return letterEndpoint(body);
  if (!isEndpoint(name)) throw new Error(`no such endpoint: ${name}`);
  return name;
}

function isEndpoint(name: string): name is V2Endpoint {
  return Object.hasOwn(V2_SCHEMAS, name);
}

interface KeyCase {
  readonly id: string;
  readonly key_type: string;
  readonly revoked_at: string | null;
  readonly secret: string;
}

interface ServiceCase {
  readonly id: string;
  readonly active: boolean;
  readonly api_keys: readonly KeyCase[];
}

interface AuthCase {
  readonly authorization_header: string | null;
  /** Epoch seconds. */
  readonly now: number;
  readonly services: readonly ServiceCase[];
}

const KINDS: Readonly<Record<string, KeyKind>> = { normal: "live", team: "team", test: "test" };
const KEY_TYPES = { live: "normal", team: "team", test: "test" } as const satisfies Record<
  KeyKind,
  string
>;

async function auth(input: Record<string, unknown>): Promise<unknown> {
  // The cases are files of this project: their shape is known.
  const { authorization_header, now, services } = input as { [K in keyof AuthCase]: AuthCase[K] };
  const nowMs = now * 1000;
  const token = parseAuthorization(authorization_header);
  if (!token.ok) return answer(token.refusal);
  const service = services.find(({ id }) => parseServiceId(id) === token.value.serviceId);
  if (service === undefined) return answer({ kind: "service-not-found" });
  const secrets = new Map(service.api_keys.map((key) => [toApiKey(key), key.secret]));
  const keys = usableKeys(service, [...secrets.keys()], token.value, nowMs);
  if (!keys.ok) return answer(keys.refusal);
  for (const key of keys.value) {
    if (!await isSignedWith(token.value.token, secrets.get(key) ?? "")) continue;
    const checked = checkClaims(token.value, key, nowMs);
    if (!checked.ok) return answer(checked.refusal);
    return {
      authenticated: true,
      service_id: token.value.serviceId,
      api_key_id: key.id,
      key_type: KEY_TYPES[key.kind],
    };
  }
  return answer({ kind: "key-not-found" });
}

function toApiKey(key: KeyCase): ApiKey {
  const id = parseKeyId(key.id);
  const kind = KINDS[key.key_type];
  if (id === undefined || kind === undefined) throw new Error(`no such key: ${key.id}`);
  const revokedAt = key.revoked_at === null ? undefined : Date.parse(key.revoked_at);
  return { id, name: key.id, kind, createdAt: 0, revokedAt };
}

async function isSignedWith(token: string, secret: string): Promise<boolean> {
  try {
    await compactVerify(token, new TextEncoder().encode(secret), { algorithms: ["HS256"] });
    return true;
  } catch {
    return false;
  }
}

function answer({ kind }: AuthRefusal): unknown {
  const { status, message } = AUTH_ANSWERS[kind];
  const body = { status_code: status, errors: [{ error: "AuthError", message }] };
  return { authenticated: false, status_code: status, body };
}

function statusFilter(input: Record<string, unknown>): unknown {
  return [...expandStatuses(Array.isArray(input.status) ? input.status.map(String) : [])].sort();
}

/** What to do for each op of the vectors: gives exactly the `expected` of a case. */
export const V2_OPS: Readonly<Record<string, Op>> = {
  v2_validation: validation,
  auth,
  status_filter: statusFilter,
};
