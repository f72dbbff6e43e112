/** Records messages of the work queue that died, in the table of the deployment's values. */
import { parseServiceId } from "../../../domain/ids.ts";
import {
  type DeadMessage,
  type DeadMessageStore,
  MAX_DEAD_MESSAGES,
  type NewDeadMessage,
} from "../../../domain/ports/dead_message_store.ts";
import type { Database, Row } from "../connection/database.ts";
import { integerOrNull, rowsOf, text } from "../connection/row.ts";

/** The names of the rows with a message each: the prefix, and the queue's id of the message. */
const PREFIX = "dead_queue_message:";
/** The name of the row that has the number of all messages that died. */
const COUNT = "dead_queue_messages";

/** The rows of messages: a range of the primary key. ';' comes after ':'. */
const ARE_MESSAGES = `name > '${PREFIX}' AND name < '${PREFIX.replace(":", ";")}'`;

/** Counts those of a list (?1) of `[name, value]` that are not recorded yet. */
const ADD_TO_COUNT = `INSERT INTO deployment (name, value)
  SELECT '${COUNT}', count(*) FROM json_each(?1) AS r WHERE NOT EXISTS (
    SELECT 1 FROM deployment AS d WHERE d.name = r.value->>0)
  ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + CAST(excluded.value AS INTEGER)`;

const RECORD = `INSERT INTO deployment (name, value)
  SELECT r.value->>0, r.value->>1 FROM json_each(?1) AS r WHERE true
  ON CONFLICT (name) DO NOTHING`;

const DELETE_OLDER = `DELETE FROM deployment WHERE ${ARE_MESSAGES} AND name NOT IN (
    SELECT name FROM deployment WHERE ${ARE_MESSAGES}
    ORDER BY value->>'died_at' DESC, name LIMIT ${MAX_DEAD_MESSAGES})`;

const READ = `SELECT value FROM deployment WHERE ${ARE_MESSAGES}
  ORDER BY value->>'died_at' DESC, name`;

const READ_COUNT = `SELECT CAST(value AS INTEGER) AS count FROM deployment WHERE name = '${COUNT}'`;

/** Creates the record of dead messages. It has no personal data, and not the ids that the messages named. */
export function createDeadMessageStore(
  db: Pick<Database, "background" | "read">,
): DeadMessageStore {
  return {
    async record(messages, now) {
      if (messages.length === 0) return;
      const rows = messages.map((message) => [
        PREFIX + message.id,
        JSON.stringify({ ...message, died_at: now }),
      ]);
      const args = [JSON.stringify(rows)];
      await db.background.write([
        { sql: ADD_TO_COUNT, args },
        { sql: RECORD, args },
        DELETE_OLDER,
      ]);
    },
    async read() {
      const results = await db.read([READ, READ_COUNT]);
      const [count] = rowsOf(results, 1);
      return {
        messages: rowsOf(results, 0).map(readMessage),
        count: count === undefined ? 0 : integerOrNull(count, "count") ?? 0,
      };
    },
  };
}

/** The rows were written by {@link createDeadMessageStore}. */
function readMessage(row: Row): DeadMessage {
  const { died_at: diedAt, ...message }: NewDeadMessage & { readonly died_at: number } = JSON.parse(
    text(row, "value"),
  );
  const serviceId = parseServiceId(message.serviceId);
  return { ...message, ...(serviceId === undefined ? {} : { serviceId }), diedAt };
}
