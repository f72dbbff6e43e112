import { CODE_VALID_MS } from "../../../domain/accounts/one_time_codes.ts";
import type {
  ReplyToProof,
  ReplyToProofStore,
} from "../../../domain/ports/reply_to_proof_store.ts";
import { MAX_SENDERS } from "../../../domain/service/sender.ts";
import { blob, hex, idBytes, integer, rowsOf, storedText, uuid } from "../connection/row.ts";
import { insertSender } from "../services/senders.ts";
import { isTaken, takeLink, toTake } from "./code_marks.ts";
import { raiseRevisionIf } from "./invitation_rows.ts";
import { type AccountStorePorts, stateOf } from "./links.ts";
import {
  addCharges,
  selectUsedUp,
  toChargesJson,
  usedUp,
  withinWindows,
} from "./window_counters.ts";

const PURPOSE = "reply-to";

/** SQL over the service (`?1`) and the address (`?2`). */
const SELECT_STATE = `SELECT
  EXISTS (SELECT 1 FROM services WHERE id = ?1) AS has_service,
  EXISTS (SELECT 1 FROM senders WHERE service_id = ?1 AND channel = 'email' AND value = ?2)
    AS is_taken,
  (SELECT count(*) FROM senders WHERE service_id = ?1 AND channel = 'email') >= ${MAX_SENDERS}
    AS is_full`;

const INSERT_PROOF = `INSERT INTO user_codes
    (id, purpose, holder, code_hash, sealed, tries, created_at, expires_at, used_mark)
  SELECT ?1, '${PURPOSE}', ?2, ?2, ?3, 0, ?4, ?5, ?6
  WHERE ${withinWindows("?7", "?4")}
    AND EXISTS (SELECT 1 FROM services WHERE id = ?8)
    AND NOT EXISTS (SELECT 1 FROM senders
      WHERE service_id = ?8 AND channel = 'email' AND value = ?9)
    AND (SELECT count(*) FROM senders WHERE service_id = ?8 AND channel = 'email') < ${MAX_SENDERS}`;

/** Creates the store of the links by which the owners of reply-to addresses prove them. */
export function createReplyToProofStore(
  { db, key, audit, forget }: AccountStorePorts,
): ReplyToProofStore {
  const holderOf = (token: string) => key.hashToken(PURPOSE, token);
  return {
    async issue({ token, ...proof }, charges, entry, now) {
      const { serviceId, senderId, emailAddress } = proof;
      const ofAddress = charges.address(hex(await key.hashEmail(emailAddress)));
      const mark = crypto.getRandomValues(new Uint8Array(16));
      const exists = `EXISTS (SELECT 1 FROM user_codes WHERE id = x'${hex(idBytes(senderId))}'
        AND used_mark = x'${hex(mark)}')`;
      const row = [
        idBytes(senderId),
        await holderOf(token),
        await key.seal(JSON.stringify(proof), "code", senderId),
        now,
        now + CODE_VALID_MS[PURPOSE],
        mark,
        toChargesJson(charges.service),
        idBytes(serviceId),
        emailAddress,
      ];
      const { results, isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          selectUsedUp(charges.service, now),
          { sql: SELECT_STATE, args: [idBytes(serviceId), emailAddress] },
          { sql: `${INSERT_PROOF} AND ${isHead} ON CONFLICT DO NOTHING`, args: row },
          addCharges(charges.service, now, { sql: exists, args: [] }),
          addCharges(ofAddress, now, {
            sql: `${exists} AND ${withinWindows("?1", "?2")}`,
            args: [],
          }),
        ],
        condition: { sql: exists, args: [] },
      });
      if (isAppended) {
        const isMailAllowed = rowsOf(results, 4).length === ofAddress.length;
        return { kind: "issued", isNew: true, isMailAllowed };
      }
      const [state] = rowsOf(results, 1);
      if (state === undefined || integer(state, "has_service") === 0) return { kind: "not-found" };
      if (integer(state, "is_taken") === 1) return { kind: "taken" };
      if (integer(state, "is_full") === 1) return { kind: "full" };
      const until = usedUp(rowsOf(results, 0))?.until;
      return until === undefined
        ? { kind: "issued", isNew: false, isMailAllowed: false }
        : { kind: "limited", until };
    },
    async read(token, now) {
      const codes = await db.readPoint([{
        sql: "SELECT * FROM user_codes WHERE purpose = ? AND holder = ?",
        args: [PURPOSE, await holderOf(token)],
      }]);
      const [row] = rowsOf(codes, 0);
      if (row === undefined) return undefined;
      const proof: ReplyToProof = JSON.parse(
        await key.open(blob(row, "sealed"), "code", uuid(row, "id")),
      );
      const services = await db.readPoint([{
        sql: "SELECT name FROM services WHERE id = ? AND active = 1",
        args: [idBytes(proof.serviceId)],
      }]);
      const [service] = rowsOf(services, 0);
      return service &&
        { proof, state: stateOf(row, now), serviceName: storedText(service, "name") };
    },
    async complete(token, { serviceId, senderId, emailAddress, isDefault }, entry, now) {
      const taken = toTake(PURPOSE, await holderOf(token));
      const sender = { id: senderId, channel: "email", value: emailAddress, isDefault } as const;
      const isActive = `EXISTS (SELECT 1 FROM services
        WHERE id = x'${hex(idBytes(serviceId))}' AND active = 1)`;
      const { isAppended } = await audit.write({
        entry,
        now,
        statements: (isHead) => [
          takeLink(taken, `${isHead} AND ${isActive}`, now),
          ...insertSender(serviceId, sender, now, isTaken(taken)),
          raiseRevisionIf(serviceId, now, isTaken(taken)),
        ],
        condition: {
          sql: `${isTaken(taken)} AND EXISTS
            (SELECT 1 FROM senders WHERE service_id = ? AND id = ?)`,
          args: [idBytes(serviceId), idBytes(senderId)],
        },
      });
      if (isAppended) forget(serviceId);
      return isAppended;
    },
  };
}
