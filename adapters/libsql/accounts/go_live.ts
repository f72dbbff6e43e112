import { ACCOUNT_LANGUAGES } from "../../../domain/accounts/account.ts";
import type { UserId } from "../../../domain/ids.ts";
import type { AskResult, GoLiveStore } from "../../../domain/ports/go_live_store.ts";
import type { Row } from "../connection/database.ts";
import { blob, hex, idBytes, integer, oneOf, rowsOf, text, uuid } from "../connection/row.ts";
import { readService } from "../services/service_rows.ts";
import { createGoLiveAnswers } from "./go_live_answers.ts";
import {
  readFacts,
  readRequest,
  SELECT_REQUESTS,
  selectFacts,
  selectRequests,
  selectWaiting,
} from "./go_live_rows.ts";
import { toStoredActor } from "./invitation_rows.ts";
import type { AccountStorePorts } from "./links.ts";
import {
  addCharges,
  selectUsedUp,
  toChargesJson,
  usedUp,
  withinWindows,
} from "./window_counters.ts";

/** Max operators who are notified of a request. */
const MAX_OPERATORS = 20;

const INSERT_REQUEST = `INSERT INTO go_live_requests
    (id, service_id, asked_by, asked_at, volumes, contact, mark)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
  WHERE ${withinWindows("?8", "?4")} AND EXISTS
    (SELECT 1 FROM services WHERE id = ?2 AND active = 1 AND mode = 'trial')`;

/** SQL: only requests that came after one (`?2`). */
const AFTER_REQUEST = `(r.asked_at, r.id) >
  (SELECT asked_at, id FROM go_live_requests WHERE id = ?2)`;

/** Creates the store of requests to go live. */
export function createGoLiveStore(ports: AccountStorePorts): GoLiveStore {
  const { db, key, audit } = ports;
  return {
    ...createGoLiveAnswers(ports),
    async read(serviceId) {
      const results = await db.readLong([...selectFacts(serviceId), selectRequests(serviceId)]);
      const requests = await Promise.all(rowsOf(results, 2).map((row) => readRequest(row, key)));
      return { facts: readFacts(results, 0), requests };
    },
    async listWaiting(after, limit) {
      // With a condition in each case, so that the index is searched and not scanned.
      const results = await db.readLong([{
        sql: selectWaiting(after === undefined ? "r.asked_at >= 0" : AFTER_REQUEST),
        args: [limit, ...(after === undefined ? [] : [idBytes(after)])],
      }]);
      return await Promise.all(
        rowsOf(results, 0).map(async (row) => ({
          service: readService(row),
          request: await readRequest(row, key),
        })),
      );
    },
    async ask({ id, serviceId, volumes, contact }, charges, entry, now) {
      const mark = crypto.getRandomValues(new Uint8Array(16));
      const isAsked = `EXISTS (SELECT 1 FROM go_live_requests WHERE id = x'${hex(idBytes(id))}'
        AND mark = x'${hex(mark)}')`;
      const row = [
        idBytes(id),
        idBytes(serviceId),
        toStoredActor(entry.actor),
        now,
        JSON.stringify(volumes),
        await key.seal(contact, "go-live contact", id),
        mark,
        toChargesJson(charges.service),
      ];
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          selectUsedUp(charges.service, now),
          { sql: `${INSERT_REQUEST} AND ${isHead} ON CONFLICT DO NOTHING`, args: row },
          addCharges(charges.service, now, { sql: isAsked, args: [] }),
          addCharges(charges.mail, now, {
            sql: `${isAsked} AND ${withinWindows("?1", "?2")}`,
            args: [],
          }),
          {
            sql: `${SELECT_REQUESTS} WHERE r.id = ? AND r.service_id = ?`,
            args: [idBytes(id), idBytes(serviceId)],
          },
          {
            sql: "SELECT mode, active FROM services WHERE id = ?",
            args: [idBytes(serviceId)],
          },
        ],
        condition: { sql: isAsked, args: [] },
      });
      const [stored] = rowsOf(results, 4);
      if (stored !== undefined) {
        const request = await readRequest(stored, key);
        const isMailAllowed = isAppended && rowsOf(results, 3).length === charges.mail.length;
        return { kind: "asked", request, isMailAllowed };
      }
      return whyNotAsked(rowsOf(results, 5)[0], usedUp(rowsOf(results, 0))?.until);
    },
    async listOperators() {
      const results = await db.readPoint([
        `SELECT id, email, language FROM users WHERE is_operator = 1 AND state = 'active'
          LIMIT ${MAX_OPERATORS}`,
      ]);
      return await Promise.all(
        rowsOf(results, 0).map(async (row) => {
          const id = uuid(row, "id") as UserId;
          return {
            emailAddress: await key.open(blob(row, "email"), "user email", id),
            language: oneOf(row, "language", ACCOUNT_LANGUAGES),
          };
        }),
      );
    },
  };
}

function whyNotAsked(service: Row | undefined, until: number | undefined): AskResult {
  if (service === undefined) return { kind: "not-found" };
  if (integer(service, "active") === 0) return { kind: "archived" };
  if (text(service, "mode") !== "trial") return { kind: "already-live" };
  return until === undefined ? { kind: "already-waiting" } : { kind: "limited", until };
}
