/**
 * The messages of the work queue, which wakes consumers for work that the outbox and the jobs hold. A message names rows
 * by their ids and has no content: the database decides what is still to do. No I/O and no clock.
 */
import { type JobId, type NotificationId, parseUuid, type ServiceId } from "../ids.ts";
import { refuse, type Result } from "../result.ts";
import { type Channel, CHANNELS } from "../service/service.ts";

/** The version of the messages that this code writes and reads. */
export const WORK_VERSION = 1 as const;
/** Max ids in one message: as many rows as one claim takes from a remote database. */
export const MAX_MESSAGE_IDS = 500;
/** Max number of a job's part in a message: a list of the most rows, one in each part, has fewer. */
export const MAX_PART = 1_000_000;

/** Notifications of one service and channel that are due to be sent. */
export interface SendMessage {
  readonly v: typeof WORK_VERSION;
  readonly kind: "send";
  readonly service: ServiceId;
  readonly channel: Channel;
  /** 1 to {@link MAX_MESSAGE_IDS} ids. */
  readonly ids: readonly NotificationId[];
}

/** One part (chunk of rows) of one job that is to be accepted. */
export interface JobMessage {
  readonly v: typeof WORK_VERSION;
  readonly kind: "job";
  readonly service: ServiceId;
  readonly channel: Channel;
  /** The id of the job. */
  readonly ids: readonly [JobId];
  /** The number of the part, from 0. */
  readonly part: number;
}

/** A message of the work queue. */
export type WorkMessage = SendMessage | JobMessage;

/** The kinds of messages. */
const WORK_KINDS = ["send", "job"] as const satisfies readonly WorkMessage["kind"][];

/** A valid message, and how many of its ids were left out because they are not ids. */
export interface ParsedMessage {
  readonly message: WorkMessage;
  readonly invalidIds: number;
}

/**
 * Why a message cannot be read. `newer-version`: another deployment's code may read it. All others are never readable:
 * `not-an-object` (text or bytes instead of JSON, among others), `old-version`, `kind`, `service`, `channel`, `ids` (none,
 * too many, or none of them an id), `part`, `unknown-field`.
 */
export type UnreadableMessage =
  | "not-an-object"
  | "newer-version"
  | "old-version"
  | "kind"
  | "service"
  | "channel"
  | "ids"
  | "part"
  | "unknown-field";

const FIELDS: Readonly<Record<WorkMessage["kind"], readonly string[]>> = {
  send: ["v", "kind", "service", "channel", "ids"],
  job: ["v", "kind", "service", "channel", "ids", "part"],
};

/**
 * Reads the body of a message, which anybody with access to the queue may have written. An id that is no UUID is left
 * out and counted, so that it does not spoil the others; everything else has to be as this code writes it.
 */
export function parseWorkMessage(body: unknown): Result<ParsedMessage, UnreadableMessage> {
  if (!isRecord(body)) return refuse("not-an-object");
  const { v, kind, service, channel, ids, part } = body;
  if (v !== WORK_VERSION) {
    return refuse(typeof v === "number" && v > WORK_VERSION ? "newer-version" : "old-version");
  }
  const knownKind = WORK_KINDS.find((known) => known === kind);
  if (knownKind === undefined) return refuse("kind");
  if (Object.keys(body).some((name) => !FIELDS[knownKind].includes(name))) {
    return refuse("unknown-field");
  }
  const serviceId = canonicalId(service);
  if (serviceId === undefined) return refuse("service");
  const knownChannel = CHANNELS.find((known) => known === channel);
  if (knownChannel === undefined) return refuse("channel");
  if (!Array.isArray(ids) || ids.length > MAX_MESSAGE_IDS) return refuse("ids");
  const valid = new Set(ids.flatMap((id: unknown) => canonicalId(id) ?? []));
  const [first] = valid;
  if (first === undefined) return refuse("ids");
  const invalidIds = ids.filter((id: unknown) => canonicalId(id) === undefined).length;
  const common = {
    v: WORK_VERSION,
    service: serviceId as ServiceId,
    channel: knownChannel,
  } as const;
  if (knownKind === "send") {
    const message = { ...common, kind: "send", ids: [...valid] as NotificationId[] } as const;
    return { ok: true, value: { message, invalidIds } };
  }
  if (ids.length !== 1) return refuse("ids");
  if (!isPart(part)) return refuse("part");
  const message = { ...common, kind: "job", ids: [first as JobId], part } as const;
  return { ok: true, value: { message, invalidIds } };
}

/** Makes the messages for notifications of one service and channel: each id once, in their order. */
export function sendMessages(
  service: ServiceId,
  channel: Channel,
  ids: readonly NotificationId[],
): readonly SendMessage[] {
  const distinct = [...new Set(ids)];
  const count = Math.ceil(distinct.length / MAX_MESSAGE_IDS);
  // Of equal size: a part of a job has a few rows more than a message holds.
  const size = Math.ceil(distinct.length / count);
  return Array.from({ length: count }, (_, index) => ({
    v: WORK_VERSION,
    kind: "send",
    service,
    channel,
    ids: distinct.slice(index * size, (index + 1) * size),
  }));
}

/** Makes the message for a part of a job. */
export function jobMessage(
  job: { readonly serviceId: ServiceId; readonly id: JobId; readonly channel: Channel },
  part: number,
): JobMessage {
  return {
    v: WORK_VERSION,
    kind: "job",
    service: job.serviceId,
    channel: job.channel,
    ids: [job.id],
    part,
  };
}

/** Only the spelling that this code writes: two spellings of one id would be two claims. */
function canonicalId(value: unknown): string | undefined {
  const id = parseUuid(value);
  return id === value ? id : undefined;
}

function isPart(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_PART;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
