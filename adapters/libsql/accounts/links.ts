import { ACCOUNT_LANGUAGES, USER_STATES } from "../../../domain/accounts/account.ts";
import { CODE_VALID_MS, type LinkPurpose } from "../../../domain/accounts/one_time_codes.ts";
import type { ServiceId, UserId } from "../../../domain/ids.ts";
import type { AccountLinkStore, NewLink } from "../../../domain/ports/account_link_store.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { Bytes, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, Row } from "../connection/database.ts";
import {
  blob,
  hex,
  idBytes,
  integer,
  integerOrNull,
  oneOf,
  rowsOf,
  uuid,
  uuidOrNull,
} from "../connection/row.ts";
import type { AccountKey } from "./account_key.ts";
import type { AuditWriter } from "./audit_writer.ts";
import { addCharges, toChargesJson, withinWindows } from "./window_counters.ts";

/** Inserts a link; append a condition. */
const INSERT_LINK = `INSERT INTO user_codes
    (id, purpose, holder, code_hash, user_id, sealed, tries, created_at, expires_at)
  SELECT ?1, ?2, ?3, ?3, coalesce(?5, (SELECT id FROM users WHERE email_hash = ?4)), ?6, 0, ?7, ?8
  WHERE`;

/** Dependencies of the stores of accounts. */
export interface AccountStorePorts {
  readonly db: Database;
  readonly encryption: Encryption;
  readonly key: AccountKey;
  readonly audit: AuditWriter;
  readonly clock: Pick<Clock, "newId">;
  /** Evicts a service from the cache of this process after a change. */
  readonly forget: (serviceId: ServiceId) => void;
}

/** Creates the store of links that are sent by e-mail. */
export function createAccountLinkStore(
  { db, key, audit, clock }: AccountStorePorts,
): AccountLinkStore {
  async function toArgs({ purpose, token, emailAddress, userId }: NewLink, now: number) {
    const id = clock.newId();
    const [holder, emailHash, sealed] = await Promise.all([
      key.hashToken(purpose, token),
      key.hashEmail(emailAddress.normalised),
      key.seal(emailAddress.address, "code", id),
    ]);
    const user = userId === undefined ? null : idBytes(userId);
    const end = now + CODE_VALID_MS[purpose];
    return {
      emailHash,
      args: [idBytes(id), purpose, holder, emailHash, user, sealed, now, end],
    };
  }

  return {
    async issue(link, { network, chargesOf }, now) {
      const { emailHash, args } = await toArgs(link, now);
      const all = chargesOf({
        address: hex(emailHash),
        network: await key.nameCounter("network", network),
      });
      const results = await db.write([
        {
          sql: `${INSERT_LINK} ${withinWindows("?9", "?7")}`,
          args: [...args, toChargesJson(all)],
        },
        addCharges(all, now, { sql: withinWindows("?1", "?2"), args: [] }),
        {
          sql: "SELECT id, language, state FROM users WHERE email_hash = ?",
          args: [emailHash],
        },
      ]);
      const [account] = rowsOf(results, 2);
      return {
        isAllowed: rowsOf(results, 1).length === all.length,
        account: account && {
          id: uuid(account, "id") as UserId,
          language: oneOf(account, "language", ACCOUNT_LANGUAGES),
          isBlocked: oneOf(account, "state", USER_STATES) === "blocked",
        },
      };
    },
    async issueByOperator(link, entry, now) {
      const { args } = await toArgs(link, now);
      await audit.write({
        entry,
        now,
        statements: (isHead) => [{
          sql: `${INSERT_LINK} ${isHead}`,
          args,
        }],
      });
    },
    async read(purpose, token, now) {
      const link = await readLink(db, key, purpose, token);
      if (link === undefined) return undefined;
      return {
        state: stateOf(link.row, now),
        emailAddress: link.emailAddress,
        userId: link.userId,
        hasAccount: await hasAccountOf(db, key, link.emailAddress),
      };
    },
  };
}

/** A link as it is stored. */
export interface LinkRow {
  readonly row: Row;
  readonly holder: Bytes;
  readonly emailAddress: string;
  readonly userId: UserId | undefined;
}

/** Reads a link by its token. */
export async function readLink(
  db: Pick<Database, "readPoint">,
  key: AccountKey,
  purpose: LinkPurpose,
  token: string,
): Promise<LinkRow | undefined> {
  const holder = await key.hashToken(purpose, token);
  const results = await db.readPoint([{
    sql: "SELECT * FROM user_codes WHERE purpose = ? AND holder = ?",
    args: [purpose, holder],
  }]);
  const [row] = rowsOf(results, 0);
  if (row === undefined) return undefined;
  const emailAddress = await key.open(blob(row, "sealed"), "code", uuid(row, "id"));
  const userId = uuidOrNull(row, "user_id");
  return { row, holder, emailAddress, userId: userId === null ? undefined : userId as UserId };
}

/** Whether an address has an account. */
async function hasAccountOf(
  db: Pick<Database, "readPoint">,
  key: AccountKey,
  emailAddress: string,
): Promise<boolean> {
  const results = await db.readPoint([{
    sql: "SELECT 1 FROM users WHERE email_hash = ?",
    args: [await key.hashEmail(emailAddress.toLowerCase())],
  }]);
  return rowsOf(results, 0).length > 0;
}

/** Whether a link can be used. */
export function stateOf(row: Row, now: number): "valid" | "used" | "expired" {
  if (integerOrNull(row, "used_at") !== null) return "used";
  return integer(row, "expires_at") <= now ? "expired" : "valid";
}
