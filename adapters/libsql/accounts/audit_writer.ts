/** Appends entries to the audit log, each in the batch of what it records. */
import type { InStatement, InValue } from "@libsql/client";
import {
  type AuditActor,
  type AuditChain,
  INSTALLATION,
  type NewAuditEntry,
} from "../../../domain/accounts/audit.ts";
import type { Clock } from "../../../domain/ports/clock.ts";
import type { Bytes, Encryption } from "../../crypto/envelope_encryption.ts";
import type { Database, ResultSet, Row } from "../connection/database.ts";
import { blob, hex, idBytes, integer, rowsOf } from "../connection/row.ts";
import { createDeploymentKey, DEPLOYMENT_ID } from "../keys/deployment_key.ts";
import { type AccountKey, createAccountKey } from "./account_key.ts";

/** Max attempts to append an entry. Another one is needed when somebody else appended to the chain meanwhile. */
const MAX_ATTEMPTS = 200;
/** Max chains whose last entry is remembered. */
const MAX_HEADS = 1_000;

/** The last entry of a chain; number 0 and no MAC for a chain without entries. */
interface Head {
  readonly sequence: number;
  readonly mac: Bytes;
}

/** What an audited batch does. */
export interface AuditedBatch {
  readonly entry: NewAuditEntry;
  readonly now: number;
  /**
   * The statements. Each one that belongs to the entry must have `isHead` in its condition: SQL without parameters, which
   * is false when the entry cannot be appended because another one was.
   */
  readonly statements: (isHead: string) => readonly InStatement[];
  /** Statements that run after the entry was appended or not, whichever the condition says. */
  readonly afterwards?: readonly InStatement[];
  /** SQL, evaluated after the statements: the entry is appended if it holds. By default it always is. */
  readonly condition?: { readonly sql: string; readonly args: readonly InValue[] };
  /** Whether the results, which have the places of `statements` and `afterwards`, are final although the entry cannot be appended. */
  readonly isFinal?: (results: readonly ResultSet[]) => boolean;
}

/** Appends entries to the audit log. */
export interface AuditWriter {
  /** The key of accounts: it signs entries, and encrypts the names of those who act. */
  readonly key: AccountKey;
  /**
   * Runs the statements and appends the entry, in one transaction. When another entry was appended meanwhile, it does so
   * again.
   *
   * @returns the results of `statements` and `afterwards`, and whether the entry was appended
   */
  write(
    batch: AuditedBatch,
  ): Promise<{ readonly results: readonly ResultSet[]; readonly isAppended: boolean }>;
  /**
   * Runs the statements of a change that has an entry when a person or a token makes it, and none otherwise. The entry is
   * appended if the condition holds; by default, if the statement that writes last has written a row.
   *
   * @returns the results of `statements` and `afterwards`
   */
  change(
    batch: Omit<AuditedBatch, "entry" | "isFinal"> & { readonly entry: NewAuditEntry | undefined },
  ): Promise<readonly ResultSet[]>;
  /** A statement that selects the last entry of a chain, to go with another read; {@link learn} takes its row. */
  selectHead(chain: AuditChain): InStatement;
  learn(chain: AuditChain, rows: readonly Row[]): void;
}

/** SQL: whether the statement that writes last has written a row. */
const WRITTEN = { sql: "changes() > 0", args: [] };

/** The stored form of a chain. */
export function chainBytes(chain: AuditChain): Bytes {
  return idBytes(chain === INSTALLATION ? DEPLOYMENT_ID : chain);
}

/** The columns of an entry that its MAC covers. */
export interface SignedEntry {
  readonly sequence: number;
  readonly at: number;
  readonly actorKind: string;
  readonly actorId: Bytes | null;
  readonly action: string;
  readonly subject: string | null;
  /** JSON. */
  readonly facts: string;
}

/** The text whose MAC an entry has: it holds the MAC of the entry before. */
export function signedText(chain: Bytes, before: Bytes, entry: SignedEntry): string {
  return JSON.stringify([
    hex(before),
    hex(chain),
    entry.sequence,
    entry.at,
    entry.actorKind,
    entry.actorId === null ? null : hex(entry.actorId),
    entry.action,
    entry.subject,
    entry.facts,
  ]);
}

/** The text whose signature a cut has: the chain goes on after the entry with this number and MAC. */
export function cutText(chain: Bytes, sequence: number, mac: Bytes): string {
  return JSON.stringify(["cut", hex(chain), sequence, hex(mac)]);
}

/** Creates the writer of the audit log. It remembers the last entries of chains, as a guess of what to follow. */
export function createAuditWriter(
  db: Pick<Database, "write" | "readPoint">,
  key: AccountKey,
): AuditWriter {
  const heads = new Map<AuditChain, Head>();

  function remember(chain: AuditChain, head: Head): Head {
    heads.delete(chain);
    const [oldest] = heads.keys();
    if (heads.size >= MAX_HEADS && oldest !== undefined) heads.delete(oldest);
    heads.set(chain, head);
    return head;
  }

  const learn = (chain: AuditChain, rows: readonly Row[]) => remember(chain, readHead(rows[0]));

  async function headOf(chain: AuditChain): Promise<Head> {
    return heads.get(chain) ?? learn(chain, rowsOf(await db.readPoint([selectHead(chain)]), 0));
  }

  const writer: AuditWriter = {
    key,
    selectHead,
    learn,
    async change({ entry, condition = WRITTEN, ...batch }) {
      if (entry === undefined) {
        return await db.write([...batch.statements("true"), ...batch.afterwards ?? []]);
      }
      return (await writer.write({ ...batch, entry, condition })).results;
    },
    async write({ entry, now, statements, afterwards = [], condition, isFinal }) {
      const chain = chainBytes(entry.chain);
      let head = await headOf(entry.chain);
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const signed = toSigned(entry, head.sequence + 1, now);
        const mac = await key.sign(signedText(chain, head.mac, signed));
        const isHead = isHeadSql(chain, head.sequence);
        const body = statements(isHead);
        const results = await db.write([
          selectHead(entry.chain),
          ...body,
          insertEntry(chain, signed, mac, isHead, condition),
          ...afterwards,
        ]);
        const place = 1 + body.length;
        const bodyResults = results.toSpliced(place, 1).slice(1);
        if (rowsOf(results, place).length > 0) {
          remember(entry.chain, { sequence: signed.sequence, mac });
          return { results: bodyResults, isAppended: true };
        }
        const actual = learn(entry.chain, rowsOf(results, 0));
        if (actual.sequence === head.sequence || isFinal?.(bodyResults) === true) {
          return { results: bodyResults, isAppended: false };
        }
        head = actual;
      }
      throw new Error("the audit log kept changing while an entry was appended");
    },
  };
  return writer;
}

/** Opens the writer of the audit log over the deployment's data key. The stores of a process share one. */
export function openAuditWriter(
  { db, encryption, clock }: {
    readonly db: Pick<Database, "write" | "readPoint">;
    readonly encryption: Encryption;
    readonly clock: Pick<Clock, "now">;
  },
): AuditWriter {
  return createAuditWriter(db, createAccountKey(createDeploymentKey(db, encryption, clock)));
}

function selectHead(chain: AuditChain): InStatement {
  return {
    sql: "SELECT sequence, mac FROM audit_log WHERE chain = ? ORDER BY sequence DESC LIMIT 1",
    args: [chainBytes(chain)],
  };
}

function readHead(row: Row | undefined): Head {
  return row === undefined
    ? { sequence: 0, mac: new Uint8Array() }
    : { sequence: integer(row, "sequence"), mac: blob(row, "mac") };
}

/** Written into the statements, which number their own parameters. */
function isHeadSql(chain: Bytes, sequence: number): string {
  return `(SELECT coalesce(max(sequence), 0) FROM audit_log WHERE chain = x'${
    hex(chain)
  }') = ${sequence}`;
}

function toSigned(entry: NewAuditEntry, sequence: number, at: number): SignedEntry {
  return {
    sequence,
    at,
    actorKind: entry.actor.kind,
    actorId: actorIdOf(entry.actor),
    action: entry.action,
    subject: entry.subject ?? null,
    facts: JSON.stringify(entry.facts ?? {}),
  };
}

function actorIdOf(actor: AuditActor): Bytes | null {
  return actor.kind === "user" || actor.kind === "management-token" ? idBytes(actor.id) : null;
}

function insertEntry(
  chain: Bytes,
  entry: SignedEntry,
  mac: Bytes,
  isHead: string,
  condition: AuditedBatch["condition"],
): InStatement {
  const own = [
    chain,
    entry.sequence,
    entry.at,
    entry.actorKind,
    entry.actorId,
    entry.action,
    entry.subject,
    entry.facts,
    mac,
  ];
  return {
    sql: `INSERT INTO audit_log
        (chain, sequence, at, actor_kind, actor_id, action, subject, facts, mac)
      SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE ${isHead} AND (${condition?.sql ?? "true"})
      RETURNING 1`,
    args: [...own, ...condition?.args ?? []],
  };
}
