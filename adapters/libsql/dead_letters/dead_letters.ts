import {
  type CommandId,
  DEAD_LETTER_ACTIONS,
  type DeadLetter,
  type DeadLetterAction,
  type DeadLetterCommand,
  MAX_DEAD_LETTERS_COUNTED,
  SKIP_REASONS,
  type SkipReason,
} from "../../../domain/dead_letters/dead_letter.ts";
import type { NotificationId, NotificationRef, ServiceId } from "../../../domain/ids.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { DeadLetterStore } from "../../../domain/ports/dead_letter_store.ts";
import { CHANNELS } from "../../../domain/service/service.ts";
import type { AuditWriter } from "../accounts/audit_writer.ts";
import type { Database, Row } from "../connection/database.ts";
import { rememberRead } from "../connection/remember_read.ts";
import {
  blob,
  idBytes,
  integer,
  integerOrNull,
  oneOf,
  rowsOf,
  text,
  textOrNull,
  uuid,
} from "../connection/row.ts";
import {
  COUNT_GONE,
  filterText,
  insertCommandIf,
  recordStep,
  SELECT_COMMAND_BY_ID,
  SELECT_COUNTS,
  SELECT_EQUAL_COMMAND,
  SELECT_LAST_OF_PAGE,
  SELECT_LAST_OF_STEP,
  SELECT_MATCHED,
  SELECT_NEXT_COMMAND,
  SELECT_STEP,
  selectPage,
} from "./command_statements.ts";
import {
  type DeadLetterArgs,
  dropStatements,
  redriveStatements,
  SELECT_SKIPS,
} from "./dead_letter_statements.ts";

/** How many dead letters one step of a command redrives or drops at most: a write blocks all other operations. */
export const COMMAND_STEP = 50;

/** Behind every id. */
const LAST_ID = new Uint8Array(17).fill(0xff);

/** Finds a notification (?1) of any service. */
const FIND = `SELECT s.id AS service_id FROM services AS s
  CROSS JOIN notifications AS n ON n.service_id = s.id AND n.id = ?1
  WHERE s.id > x''`;

type StoreDatabase = Pick<Database, "readPoint" | "readLong" | "background" | "countWrites">;

/** Creates the store of dead letters: the notifications that ended as `technical-failure`. */
export function createDeadLetterStore(
  db: StoreDatabase,
  clock: Pick<Clock, "newId">,
  audit: Pick<AuditWriter, "change">,
): DeadLetterStore {
  const readNextCommand = rememberRead(
    db,
    async () => rowsOf(await db.background.read([SELECT_NEXT_COMMAND]), 0)[0],
  );

  return {
    async list(filter, { isDropped, olderThan, limit }) {
      const place = olderThan === undefined ? LAST_ID : idBytes(olderThan);
      const results = await db.readLong([
        { sql: selectPage(isDropped), args: [place, filterText(filter), limit] },
        { sql: SELECT_LAST_OF_PAGE, args: [place] },
      ]);
      const deadLetters = rowsOf(results, 0).map(readDeadLetter);
      const [last] = rowsOf(results, 1);
      return {
        deadLetters,
        next: deadLetters.length === limit
          ? deadLetters.at(-1)?.notificationId
          : last && uuid(last, "notification_id") as NotificationId,
      };
    },
    async count() {
      const results = await db.readLong([
        SELECT_COUNTS,
        { sql: SELECT_MATCHED, args: [filterText({})] },
      ]);
      return {
        counts: rowsOf(results, 0).map((row) => ({
          channel: oneOf(row, "channel", CHANNELS),
          provider: textOrNull(row, "provider"),
          reason: text(row, "reason"),
          messages: integer(row, "messages"),
          oldestFailedAt: integer(row, "oldest"),
        })),
        isComplete: matchedOf(rowsOf(results, 1)) !== null,
      };
    },
    async find(notificationId) {
      const results = await db.readLong([{ sql: FIND, args: [idBytes(notificationId)] }]);
      const [row] = rowsOf(results, 0);
      return row && { serviceId: uuid(row, "service_id") as ServiceId, notificationId };
    },
    async redrive(ref, now, entry) {
      const list = listOf([ref]);
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          { sql: SELECT_SKIPS.redrive, args: [list, now] },
          ...redriveStatements([list, now, null, null], isHead),
        ],
      });
      return readSkip(rowsOf(results, 0));
    },
    async drop(ref, reason, now, entry) {
      const list = listOf([ref]);
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          { sql: SELECT_SKIPS.drop, args: [list] },
          ...dropStatements([list, now, null, null], reason, isHead),
        ],
      });
      return readSkip(rowsOf(results, 0));
    },
    async command({ id, action, filter, reason }, now, entry) {
      const stored = filterText(filter);
      const matched = matchedOf(
        rowsOf(await db.readLong([{ sql: SELECT_MATCHED, args: [stored] }]), 0),
      );
      const equal = [action, reason, stored];
      const results = await audit.change({
        entry,
        now,
        statements: (isHead) => [
          { sql: insertCommandIf(isHead), args: [...equal, idBytes(id), matched, now] },
          { sql: SELECT_EQUAL_COMMAND, args: equal },
        ],
      });
      return rowsOf(results, 1).map(readCommand)[0];
    },
    async getCommand(id) {
      const results = await db.readPoint([{ sql: SELECT_COMMAND_BY_ID, args: [idBytes(id)] }]);
      return rowsOf(results, 0).map(readCommand)[0];
    },
    async takeStep(now) {
      const command = await readNextCommand();
      if (command === undefined) return false;
      await takeStepOf(db, command, clock.newId(), now);
      return true;
    },
  };
}

async function takeStepOf(
  db: Pick<StoreDatabase, "background">,
  command: Row,
  token: string,
  now: number,
): Promise<void> {
  const id = blob(command, "id");
  const action = oneOf(command, "action", DEAD_LETTER_ACTIONS);
  const place = blob(command, "place");
  const filter = [text(command, "filter"), integer(command, "created_at"), COMMAND_STEP];
  const results = await db.background.read([
    { sql: SELECT_STEP, args: [place, ...filter] },
    { sql: SELECT_LAST_OF_STEP, args: [place] },
  ]);
  const matching = rowsOf(results, 0);
  const last = matching.length === COMMAND_STEP ? matching.at(-1) : rowsOf(results, 1)[0];
  const refs = matching.map((row): NotificationRef => ({
    serviceId: uuid(row, "service_id") as ServiceId,
    notificationId: uuid(row, "notification_id") as NotificationId,
  }));
  const args: DeadLetterArgs = [listOf(refs), now, token, id];
  await db.background.write([
    recordStep(action, args, {
      before: textOrNull(command, "step_token"),
      place: last === undefined ? place : blob(last, "notification_id"),
      finishedAt: last === undefined ? now : null,
    }),
    ...(action === "redrive"
      ? redriveStatements(args)
      : dropStatements(args, text(command, "reason"))),
    ...(last === undefined ? [{ sql: COUNT_GONE, args: [id, token] }] : []),
  ]);
}

function listOf(refs: readonly NotificationRef[]): string {
  return JSON.stringify(
    refs.map(({ serviceId, notificationId }) => ({ service_id: serviceId, id: notificationId })),
  );
}

function readSkip(rows: readonly Row[]): SkipReason | undefined {
  const [row] = rows;
  return row === undefined || row.skip === null ? undefined : oneOf(row, "skip", SKIP_REASONS);
}

/** The count of `SELECT_MATCHED`; `null` when there are too many dead letters to count. */
function matchedOf(rows: readonly Row[]): number | null {
  const [row] = rows;
  return row === undefined || integer(row, "scanned") > MAX_DEAD_LETTERS_COUNTED
    ? null
    : integer(row, "matched");
}

function readDeadLetter(row: Row): DeadLetter {
  return {
    notificationId: uuid(row, "notification_id") as NotificationId,
    serviceId: uuid(row, "service_id") as ServiceId,
    channel: oneOf(row, "channel", CHANNELS),
    provider: textOrNull(row, "provider"),
    reason: text(row, "reason"),
    failedAt: integer(row, "failed_at"),
    droppedAt: integerOrNull(row, "dropped_at"),
    dropReason: textOrNull(row, "drop_reason"),
  };
}

function readCommand(row: Row): DeadLetterCommand {
  const action: DeadLetterAction = oneOf(row, "action", DEAD_LETTER_ACTIONS);
  return {
    id: uuid(row, "id") as CommandId,
    action,
    filter: JSON.parse(text(row, "filter")),
    reason: textOrNull(row, "reason"),
    matched: integerOrNull(row, "matched"),
    done: integer(row, "done"),
    skipped: JSON.parse(text(row, "skipped")),
    createdAt: integer(row, "created_at"),
    finishedAt: integerOrNull(row, "finished_at"),
  };
}
