/**
 * The table `timelines`. A row is a batch: messages of one service that one step of the retention deleted together,
 * compressed. A message is found by its id.
 */
import type { InStatement } from "@libsql/client";
import type { NotificationId, NotificationRef } from "../../../domain/ids.ts";
import type { DeletedMessage } from "../../../domain/notification/deleted_message.ts";
import { HOUR_MS } from "../../../domain/time/durations.ts";
import { timeOfId } from "../../../domain/time/time_of_id.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import type { Row } from "../connection/database.ts";
import { jsonId } from "../connection/json_ids.ts";
import { blob, hex, idBytes, integer } from "../connection/row.ts";
import { decodeMessage, type EncodedMessage } from "./deleted_messages.ts";

/** Max messages of a batch. */
export const MAX_BATCH_MESSAGES = 200;
/**
 * Max text that one step of the retention keeps, before compression, in UTF-16 units: a value in a Durable Object has 2 MB
 * at most. A message with more text is deleted by a step of its own.
 */
export const MAX_STEP_TEXT = 500_000;
/**
 * Max time between the accepts of the first and the last message of a batch. Reading a message looks only at batches that
 * begin at most so long before it.
 */
export const MAX_BATCH_SPAN_MS = HOUR_MS;

/** A message that is to be deleted. */
export interface EndedMessage {
  readonly serviceId: string;
  readonly id: string;
  /** The length of its timeline as it is stored, by which the deletion recognises that it has changed since. */
  readonly eventsLength: number;
  /** What is kept of it, as JSON. */
  readonly kept: string;
}

/** Returns how many messages, from the first, one step deletes: at least one. */
export function countInStep(messages: readonly EndedMessage[]): number {
  let text = 0;
  const end = messages.findIndex(({ kept }, at) => {
    text += kept.length;
    return at > 0 && text > MAX_STEP_TEXT;
  });
  return end < 0 ? messages.length : end;
}

/** Divides messages into batches of one service each. */
export function planBatches(
  messages: readonly EndedMessage[],
): readonly (readonly EndedMessage[])[] {
  const batches: EndedMessage[][] = [];
  for (const message of messages.toSorted(byService)) {
    const batch = batches.at(-1);
    const [first] = batch ?? [];
    if (
      batch === undefined || first?.serviceId !== message.serviceId ||
      batch.length === MAX_BATCH_MESSAGES ||
      timeOfId(message.id) - timeOfId(first.id) > MAX_BATCH_SPAN_MS
    ) batches.push([message]);
    else batch.push(message);
  }
  return batches;
}

function byService(a: EndedMessage, b: EndedMessage): number {
  const [left, right] = [`${a.serviceId} ${a.id}`, `${b.serviceId} ${b.id}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A batch without the text that is kept, as the statements read it. */
interface BatchPlace {
  readonly service_id: string;
  readonly first_id: string;
  readonly last_id: string;
  /** Random bytes: a batch of another process that has the same first and last message has others. */
  readonly mark: string;
  /** The lengths of the messages' stored timelines, by the digits of their ids. */
  readonly messages: Readonly<Record<string, number>>;
}

/** Batches as JSON arguments. */
export interface PackedBatches {
  /** The argument of {@link storeBatches}: {@link places} with the text that is kept of the messages. */
  readonly contents: string;
  /** The argument of {@link amongStored}. */
  readonly places: string;
}

/** Packs batches as the arguments of the statements that store them and delete their messages. */
export async function packBatches(
  batches: readonly (readonly EndedMessage[])[],
): Promise<PackedBatches> {
  const places = batches.map(toPlace);
  const contents = await Promise.all(batches.map(async (messages, at) => ({
    ...places[at],
    ids: messages.map(({ id }) => hex(idBytes(id))).join(""),
    packed: hex(await deflate(`[${messages.map(({ kept }) => kept).join(",")}]`)),
  })));
  return { contents: JSON.stringify(contents), places: JSON.stringify(places) };
}

function toPlace(messages: readonly EndedMessage[]): BatchPlace {
  return {
    service_id: messages[0]?.serviceId ?? "",
    first_id: messages[0]?.id ?? "",
    last_id: messages.at(-1)?.id ?? "",
    mark: hex(crypto.getRandomValues(new Uint8Array(MARK_BYTES))),
    messages: Object.fromEntries(
      messages.map(({ id, eventsLength }) => [hex(idBytes(id)), eventsLength]),
    ),
  };
}

const MARK_BYTES = 16;

/** SQL of a `WITH` that has the places of batches (?1), so that their ids are read once and not for each message. */
const WITH_PLACES = `WITH batches AS MATERIALIZED (SELECT ${
  jsonId("value", "service_id")
} AS service_id,
    ${jsonId("value", "first_id")} AS first_id, ${jsonId("value", "last_id")} AS last_id,
    unhex(value->>'mark') AS mark, value->'messages' AS messages, value FROM json_each(?1))`;

/**
 * Stores the batches whose messages are all still there and have not changed since they were read. The messages of the
 * other batches are not deleted either (see {@link amongStored}), and a later step reads them again: no event is lost.
 *
 * @param now epoch milliseconds
 */
export function storeBatches({ contents }: PackedBatches, now: number): InStatement {
  return {
    sql: `INSERT INTO timelines
        (service_id, first_id, last_id, mark, ids, messages, deleted_at)
      ${WITH_PLACES}
      SELECT service_id, first_id, last_id, mark, unhex(value->>'ids'), unhex(value->>'packed'), ?2
      FROM batches
      WHERE length(value->>'ids') / 32 = (SELECT count(*) FROM json_each(batches.messages) AS r
        CROSS JOIN notifications AS n ON n.service_id = batches.service_id AND n.id = unhex(r.key)
        WHERE length(n.events) = r.value)`,
    args: [contents, now],
  };
}

/**
 * SQL of the condition that a key is that of a message of a batch (`places` in ?1) that {@link storeBatches} has stored.
 *
 * @param key the columns of the service's and the message's id, in parentheses
 */
export function amongStored(key: string): string {
  return `${key} IN (${WITH_PLACES}
    SELECT batches.service_id, unhex(r.key) FROM batches
    CROSS JOIN timelines AS t INDEXED BY timelines_of_ids ON t.service_id = batches.service_id
      AND t.first_id = batches.first_id AND t.last_id = batches.last_id AND t.mark = batches.mark
    CROSS JOIN json_each(batches.messages) AS r)`;
}

/** Deletes at most `limit` batches whose messages were deleted before a time (epoch milliseconds). */
export function deleteBatches(before: number, limit: number): InStatement {
  return {
    sql: `DELETE FROM timelines INDEXED BY timelines_of_ids
      WHERE (service_id, first_id, last_id) IN (SELECT service_id, first_id, last_id
        FROM timelines INDEXED BY timelines_of_age WHERE deleted_at < ? LIMIT ?) RETURNING 1`,
    args: [before, limit],
  };
}

/** Selects the batch that has a message. */
export function selectBatchOf({ serviceId, notificationId }: NotificationRef): InStatement {
  const earliest = Math.max(0, timeOfId(notificationId) - MAX_BATCH_SPAN_MS);
  return {
    sql: `SELECT (instr(ids, ?2) - 1) / 16 AS place, messages, deleted_at
      FROM timelines INDEXED BY timelines_of_ids
      WHERE service_id = ?1 AND first_id >= unhex(printf('%012x', ?3)) AND first_id <= ?2
        AND last_id >= ?2 AND instr(ids, ?2) % 16 = 1
      ORDER BY first_id DESC LIMIT 1`,
    args: [idBytes(serviceId), idBytes(notificationId), earliest],
  };
}

/** Reads the message with an id from a row of {@link selectBatchOf}. @throws Error when the row is damaged */
export async function readBatch(row: Row, id: NotificationId): Promise<DeletedMessage> {
  const messages: readonly EncodedMessage[] = JSON.parse(await inflate(blob(row, "messages")));
  const message = messages[integer(row, "place")];
  if (message === undefined) throw new Error("a batch of timelines has fewer messages than ids");
  return decodeMessage(id, message, integer(row, "deleted_at"));
}

async function deflate(text: string): Promise<Uint8Array> {
  return await collect(new Blob([text]).stream().pipeThrough(new CompressionStream(FORMAT)));
}

async function inflate(packed: Bytes): Promise<string> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream(FORMAT));
  return new TextDecoder().decode(await collect(stream));
}

const FORMAT = "deflate-raw";

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
