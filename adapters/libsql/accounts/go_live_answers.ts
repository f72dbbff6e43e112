/** The part of the store of requests to go live that reads and answers one. */
import type { GoLiveStore } from "../../../domain/ports/go_live_store.ts";
import { hex, idBytes, rowsOf } from "../connection/row.ts";
import { readService } from "../services/service_rows.ts";
import {
  readFacts,
  readRequest,
  SELECT_REQUESTS,
  selectFactsOf,
  selectRequest,
} from "./go_live_rows.ts";
import { toStoredActor } from "./invitation_rows.ts";
import type { AccountStorePorts } from "./links.ts";

/** Creates the part of the store that reads and answers a request. */
export function createGoLiveAnswers(
  { db, key, audit, forget }: AccountStorePorts,
): Pick<GoLiveStore, "readRequest" | "answer"> {
  return {
    async readRequest(id) {
      const results = await db.readLong([...selectFactsOf(id), selectRequest(id)]);
      const [row] = rowsOf(results, 2);
      return row && {
        service: readService(row),
        request: await readRequest(row, key),
        facts: readFacts(results, 0),
      };
    },
    async answer(serviceId, id, { isApproved, reason, limits }, entry, now) {
      const mark = crypto.getRandomValues(new Uint8Array(16));
      const isAnswered = `EXISTS (SELECT 1 FROM go_live_requests WHERE id = x'${hex(idBytes(id))}'
        AND mark = x'${hex(mark)}')`;
      const args = [
        isApproved,
        reason === undefined ? null : await key.seal(reason, "go-live reason", id),
        JSON.stringify(limits),
        toStoredActor(entry.actor),
        now,
        mark,
        idBytes(id),
        idBytes(serviceId),
      ];
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          {
            sql: `UPDATE go_live_requests SET approved = ?1, reason = ?2, limits = ?3,
                answered_by = ?4, answered_at = ?5, mark = ?6
              WHERE id = ?7 AND service_id = ?8 AND answered_at IS NULL AND ${isHead}
                AND (NOT ?1 OR EXISTS (SELECT 1 FROM services WHERE id = ?8 AND active = 1))`,
            args,
          },
          {
            // A merge patch: `null` removes a limit, so that its default applies again.
            sql: `UPDATE services SET mode = 'live', settings = json_patch(settings, ?1),
                revision = revision + 1, updated_at = ?2
              WHERE id = ?3 AND ?4 AND ${isAnswered}`,
            args: [
              JSON.stringify({ daily_limits: limits }),
              now,
              idBytes(serviceId),
              isApproved,
            ],
          },
          {
            sql: `${SELECT_REQUESTS} WHERE r.id = ? AND r.service_id = ?`,
            args: [idBytes(id), idBytes(serviceId)],
          },
        ],
        condition: { sql: isAnswered, args: [] },
      });
      const [row] = rowsOf(results, 2);
      if (row === undefined) return { kind: "not-found" };
      const request = await readRequest(row, key);
      if (!isAppended) {
        return request.answer === undefined
          ? { kind: "archived" }
          : { kind: "already-answered", request };
      }
      forget(serviceId);
      return { kind: "answered", request };
    },
  };
}
