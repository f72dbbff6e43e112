/** The table of requests to `/manage` that change something, or are refused, and the entry that each leaves. */
import type { AuditAction } from "../../../domain/accounts/audit.ts";
import { NO_ID } from "../support.ts";
import { csvOf } from "./jobs_support.ts";

/** Ids by the names of the parameters that they stand for. */
export type Ids = Record<string, string>;
/** A JSON object. */
export type Values = Readonly<Record<string, unknown>>;

/** A request, and what it leaves. */
export interface Change {
  /** As in the OpenAPI document. */
  readonly operation: string;
  readonly body?: Values | ((ids: Ids) => Values | string);
  readonly query?: (ids: Ids) => string;
  readonly status: number;
  /** `undefined` for a request that is refused, or that changes nothing. */
  readonly action: AuditAction | undefined;
  /** The name under which the id in the answer is kept. */
  readonly keep?: string;
  /** Ids that replace those that are kept. */
  readonly ids?: Ids;
}

/** The address of a service. */
export const SERVICE = "/manage/services/{service_id}";
const ANN = "ann@example.com";
const CALLBACK = { url: "http://127.0.0.1:1/", bearer_token: "0123456789" };
/** A list of recipients, another one for each service. */
export const list = (ids: Ids) => csvOf(["Ann", `Bob ${ids.service_id}`]);
/** The query of an upload. */
export const upload = (ids: Ids) => `?template_id=${ids.sms}&start=false`;

/** Requests to go live, of a service that fulfils the checklist. */
const goLive = (): readonly Change[] => {
  const ask = `POST ${SERVICE}/go-live-requests`;
  const answer = `PATCH ${SERVICE}/go-live-requests/{request_id}`;
  const body = { volumes: { sms: 1 }, contact: ANN, accepts_terms: true };
  const ids = { service_id: "ready_id" };
  const refused = { state: "refused", reason: "No" };
  const approved = { state: "approved" };
  return [
    {
      operation: `POST ${SERVICE}/email_reply_to/proofs`,
      body: { email_address: "replies@example.com" },
      status: 202,
      action: "reply-to-proof-sent",
    },
    {
      operation: `POST ${SERVICE}/email_reply_to/proofs`,
      body: { email_address: "replies" },
      status: 400,
      action: undefined,
    },
    { operation: ask, body, status: 409, action: undefined },
    { operation: ask, body: { ...body, contact: "" }, status: 400, action: undefined, ids },
    { operation: ask, body, status: 201, action: "go-live-asked", keep: "request_id", ids },
    { operation: ask, body, status: 409, action: undefined, ids },
    { operation: answer, body: { state: "refused" }, status: 400, action: undefined, ids },
    { operation: answer, body: refused, status: 200, action: "go-live-refused", ids },
    { operation: answer, body: approved, status: 409, action: undefined, ids },
    { operation: ask, body, status: 201, action: "go-live-asked", keep: "request_id", ids },
    { operation: answer, body: approved, status: 200, action: "go-live-approved", ids },
  ];
};

/** The changes of one kind of sender. */
const sendersOf = (path: string, field: string, one: string, two: string): readonly Change[] => {
  const [all, single] = [`${SERVICE}/${path}`, `${SERVICE}/${path}/{sender_id}`];
  const create = { operation: `POST ${all}`, keep: "sender_id" };
  return [
    { ...create, body: { [field]: two }, status: 201, action: "sender-created" },
    { ...create, body: { [field]: two }, status: 409, action: undefined },
    { ...create, body: { [field]: one, is_default: true }, status: 201, action: "sender-created" },
    {
      operation: `PATCH ${single}`,
      body: { [field]: two, is_default: true },
      status: 409,
      action: undefined,
    },
    {
      operation: `PATCH ${single}`,
      body: { is_default: true },
      status: 200,
      action: "sender-changed",
    },
    {
      operation: `PATCH ${single}`,
      body: { is_default: true },
      status: 404,
      action: undefined,
      ids: { sender_id: NO_ID },
    },
    { operation: `DELETE ${single}`, status: 204, action: "sender-deleted" },
    { operation: `DELETE ${single}`, status: 404, action: undefined },
  ];
};

/** The changes of a service, its keys, guests, senders, templates and callbacks, in an order in which each finds what it needs. */
export const SERVICE_CHANGES: readonly Change[] = [
  {
    operation: "POST /manage/services",
    body: (ids) => ({ name: "New", id: ids.new_id }),
    status: 201,
    action: "service-created",
  },
  {
    operation: "POST /manage/services",
    body: (ids) => ({ name: "New", id: ids.new_id }),
    status: 409,
    action: undefined,
  },
  { operation: `PATCH ${SERVICE}`, body: { name: "X" }, status: 200, action: "service-changed" },
  {
    operation: `PATCH ${SERVICE}`,
    body: { time_zone: "Europe/Kyiv", daily_limits: { sms: 900 } },
    status: 200,
    action: "service-changed",
  },
  { operation: `PATCH ${SERVICE}`, body: { name: "" }, status: 400, action: undefined },
  {
    operation: `PATCH ${SERVICE}`,
    body: { active: false },
    status: 200,
    action: "service-archived",
  },
  {
    operation: `POST ${SERVICE}/jobs`,
    body: list,
    query: upload,
    status: 409,
    action: undefined,
  },
  {
    operation: `PATCH ${SERVICE}`,
    body: { active: true },
    status: 200,
    action: "service-restored",
  },
  {
    operation: `PUT ${SERVICE}/guests`,
    body: { email_addresses: [ANN], phone_numbers: [] },
    status: 200,
    action: "guests-changed",
  },
  { operation: `PUT ${SERVICE}/guests`, body: {}, status: 400, action: undefined },
  {
    operation: `POST ${SERVICE}/keys`,
    body: { name: "K", kind: "team" },
    status: 201,
    action: "key-created",
    keep: "key_id",
  },
  {
    operation: `POST ${SERVICE}/keys`,
    body: { name: "K", kind: "team" },
    status: 409,
    action: undefined,
  },
  { operation: `DELETE ${SERVICE}/keys/{key_id}`, status: 200, action: "key-revoked" },
  { operation: `DELETE ${SERVICE}/keys/{key_id}`, status: 200, action: undefined },
  ...goLive(),
  ...sendersOf("email_reply_to", "email_address", "one@example.com", "two@example.com"),
  ...sendersOf("sms_senders", "sms_sender", "ONE", "TWO"),
  {
    operation: `POST ${SERVICE}/templates`,
    body: { channel: "sms", name: "Text", body: "Hi" },
    status: 201,
    action: "template-created",
    keep: "template_id",
  },
  {
    operation: `POST ${SERVICE}/templates/preview`,
    body: { channel: "sms", body: "Hi" },
    status: 200,
    action: undefined,
  },
  {
    operation: `PUT ${SERVICE}/templates/{template_id}`,
    body: { body: "Bye" },
    status: 200,
    action: "template-changed",
  },
  {
    operation: `PUT ${SERVICE}/templates/{template_id}`,
    body: { channel: "email" },
    status: 400,
    action: undefined,
  },
  {
    operation: `DELETE ${SERVICE}/templates/{template_id}`,
    status: 204,
    action: "template-archived",
  },
  {
    operation: `PUT ${SERVICE}/templates/{template_id}`,
    body: { body: "Late" },
    status: 409,
    action: undefined,
  },
  {
    operation: `PUT ${SERVICE}/callbacks/{kind}`,
    body: CALLBACK,
    status: 200,
    action: "callback-changed",
  },
  {
    operation: `PUT ${SERVICE}/callbacks/{kind}`,
    body: CALLBACK,
    status: 200,
    action: "callback-changed",
  },
  {
    operation: `PUT ${SERVICE}/callbacks/{kind}`,
    body: { ...CALLBACK, url: "ftp://x" },
    status: 400,
    action: undefined,
  },
  {
    operation: `POST ${SERVICE}/callbacks/{kind}/rotate`,
    status: 200,
    action: "callback-secret-replaced",
  },
  { operation: `POST ${SERVICE}/callbacks/{kind}/test`, status: 200, action: undefined },
  {
    operation: `POST ${SERVICE}/callbacks/{kind}/replay`,
    body: { from: 1, to: 1 },
    status: 202,
    action: "callback-replayed",
  },
  {
    operation: `POST ${SERVICE}/callbacks/{kind}/replay`,
    body: { from: 1, to: 1 },
    status: 409,
    action: undefined,
  },
  { operation: `DELETE ${SERVICE}/callbacks/{kind}`, status: 204, action: "callback-deleted" },
  { operation: `DELETE ${SERVICE}/callbacks/{kind}`, status: 404, action: undefined },
  { operation: `POST ${SERVICE}/callbacks/{kind}/rotate`, status: 404, action: undefined },
];
