/** The rows of requests to go live, and what the checklist evaluates. */
import type { InStatement } from "@libsql/client";
import type { AuditActor } from "../../../domain/accounts/audit.ts";
import {
  type GoLiveFacts,
  MAX_CHECKED_BODY,
  MAX_CHECKED_TEMPLATES,
} from "../../../domain/going_live/checklist.ts";
import type { GivenAnswer, GoLiveRequest } from "../../../domain/going_live/request.ts";
import type { GoLiveRequestId, ServiceId, TemplateId } from "../../../domain/ids.ts";
import { type Channel, CHANNELS } from "../../../domain/service/service.ts";
import type { ResultSet, Row } from "../connection/database.ts";
import {
  blob,
  idBytes,
  integer,
  integerOrNull,
  oneOf,
  rowsOf,
  storedText,
  text,
  textOrNull,
  uuid,
} from "../connection/row.ts";
import type { AccountKey } from "./account_key.ts";
import { HAS_TWO_MANAGERS } from "./team_rows.ts";

/** Max requests of a service that are read, the newest. */
const MAX_REQUESTS = 20;
/** For how many days, from the last one with messages, what was delivered is looked for. */
const DAYS_LOOKED_AT = 100;

/** SQL: the person whom a column of an actor names. */
function personOf(column: string, alias: string): string {
  return `LEFT JOIN users AS ${alias} ON ${alias}.id = unhex(r.${column}->>'id', '-')
      AND r.${column}->>'kind' = 'user'`;
}

const REQUEST_COLUMNS = `r.id AS request_id, r.service_id, r.asked_by, r.asked_at, r.volumes,
    r.contact, r.approved, r.reason, r.limits, r.answered_by, r.answered_at,
    asker.name AS asker_name, answerer.name AS answerer_name`;
const PEOPLE = `${personOf("asked_by", "asker")} ${personOf("answered_by", "answerer")}`;

/** Selects requests with the names of the people; append a condition on `r`. */
export const SELECT_REQUESTS = `SELECT ${REQUEST_COLUMNS} FROM go_live_requests AS r ${PEOPLE}`;

/** Selects requests that wait with their services, oldest first; at most `?1`. @param condition SQL on `r` */
export function selectWaiting(condition: string): string {
  return `SELECT s.*, ${REQUEST_COLUMNS}
    FROM go_live_requests AS r INDEXED BY go_live_requests_by_age
    CROSS JOIN services AS s ON s.id = r.service_id ${PEOPLE}
    WHERE r.answered_at IS NULL AND ${condition} ORDER BY r.asked_at, r.id LIMIT ?1`;
}

/** The newest requests of a service. */
export function selectRequests(serviceId: ServiceId): InStatement {
  return {
    sql: `${SELECT_REQUESTS} WHERE r.service_id = ? ORDER BY r.asked_at DESC LIMIT ${MAX_REQUESTS}`,
    args: [idBytes(serviceId)],
  };
}

/** Reads and decrypts a row of {@link SELECT_REQUESTS}. */
export async function readRequest(row: Row, key: AccountKey): Promise<GoLiveRequest> {
  const id = uuid(row, "request_id") as GoLiveRequestId;
  const askedBy: AuditActor = JSON.parse(text(row, "asked_by"));
  const answeredAt = integerOrNull(row, "answered_at");
  return {
    id,
    serviceId: uuid(row, "service_id") as ServiceId,
    askedBy,
    askedByName: await nameOf(row, "asker_name", askedBy, key),
    askedAt: integer(row, "asked_at"),
    volumes: JSON.parse(text(row, "volumes")),
    contact: await key.open(blob(row, "contact"), "go-live contact", id),
    answer: answeredAt === null ? undefined : await readAnswer(row, id, answeredAt, key),
  };
}

async function readAnswer(
  row: Row,
  id: GoLiveRequestId,
  at: number,
  key: AccountKey,
): Promise<GivenAnswer> {
  const by: AuditActor = JSON.parse(text(row, "answered_by"));
  return {
    isApproved: integer(row, "approved") === 1,
    reason: row.reason === null
      ? undefined
      : await key.open(blob(row, "reason"), "go-live reason", id),
    limits: JSON.parse(text(row, "limits")),
    by,
    byName: await nameOf(row, "answerer_name", by, key),
    at,
  };
}

async function nameOf(
  row: Row,
  column: string,
  actor: AuditActor,
  key: AccountKey,
): Promise<string | undefined> {
  return actor.kind === "user" && row[column] !== null
    ? await key.open(blob(row, column), "user name", actor.id)
    : undefined;
}

/** SQL of what the checklist evaluates of a service (`?1`) beside its templates. */
const SELECT_FACTS = `SELECT ${HAS_TWO_MANAGERS} AS has_two_managers,
  (SELECT json_group_array(DISTINCT channel) FROM senders WHERE service_id = ?1) AS senders,
  (SELECT json_group_array(DISTINCT channel) FROM service_days
    WHERE service_id = ?1 AND outcome = 'delivered' AND messages > 0
      AND day > (SELECT max(day) FROM service_days WHERE service_id = ?1) - ${DAYS_LOOKED_AT})
    AS delivered`;

/** The newest templates of a service (`?1`) that are not archived. */
const SELECT_TEMPLATES = `SELECT t.id, t.channel, v.name, substr(v.subject, 1, ${MAX_CHECKED_BODY})
    AS subject, substr(v.body, 1, ${MAX_CHECKED_BODY}) AS body
  FROM templates AS t CROSS JOIN template_versions AS v ON v.service_id = t.service_id
    AND v.template_id = t.id AND v.version = t.version
  WHERE t.service_id = ?1 AND t.archived_at IS NULL
  ORDER BY t.number DESC LIMIT ${MAX_CHECKED_TEMPLATES}`;

/** The two statements whose results {@link readFacts} reads. */
export function selectFacts(serviceId: ServiceId): readonly [InStatement, InStatement] {
  const args = [idBytes(serviceId)];
  return [{ sql: SELECT_FACTS, args }, { sql: SELECT_TEMPLATES, args }];
}

/** SQL: the service of a request (`?1`). */
const SERVICE_OF_REQUEST = "(SELECT service_id FROM go_live_requests WHERE id = ?1)";

/** As {@link selectFacts}, of the service of a request. */
export function selectFactsOf(id: GoLiveRequestId): readonly [InStatement, InStatement] {
  const args = [idBytes(id)];
  const ofRequest = (sql: string) => ({ sql: sql.replaceAll("?1", SERVICE_OF_REQUEST), args });
  return [ofRequest(SELECT_FACTS), ofRequest(SELECT_TEMPLATES)];
}

/** A request with its service. */
export function selectRequest(id: GoLiveRequestId): InStatement {
  return {
    sql: `SELECT s.*, ${REQUEST_COLUMNS} FROM go_live_requests AS r
      CROSS JOIN services AS s ON s.id = r.service_id ${PEOPLE} WHERE r.id = ?`,
    args: [idBytes(id)],
  };
}

/** Reads the results of {@link selectFacts}, which begin at an index. */
export function readFacts(results: readonly ResultSet[], first: number): GoLiveFacts {
  const [row] = rowsOf(results, first);
  if (row === undefined) throw new Error("a SELECT without FROM has one row");
  return {
    hasTwoManagers: integer(row, "has_two_managers") === 1,
    senderChannels: readChannels(row, "senders"),
    deliveredChannels: readChannels(row, "delivered"),
    templates: rowsOf(results, first + 1).map((template) => ({
      id: uuid(template, "id") as TemplateId,
      channel: oneOf(template, "channel", CHANNELS),
      name: storedText(template, "name"),
      // Cut short, and so evaluated in the stored form.
      subject: textOrNull(template, "subject"),
      body: text(template, "body"),
    })),
  };
}

function readChannels(row: Row, column: string): readonly Channel[] {
  const names: readonly string[] = JSON.parse(text(row, column));
  return CHANNELS.filter((channel) => names.includes(channel));
}
