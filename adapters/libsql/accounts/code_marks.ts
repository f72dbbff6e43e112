/** Takes a code in a batch: the other statements of the batch depend on it. */
import type { InStatement } from "@libsql/client";
import type { CodePurpose } from "../../../domain/accounts/one_time_codes.ts";
import type { Bytes } from "../../crypto/envelope_encryption.ts";
import { hex } from "../connection/row.ts";

/** A code or link that a batch takes. */
export interface TakenCodeRow {
  readonly purpose: CodePurpose;
  readonly holder: Bytes;
  /** Random bytes of this batch. */
  readonly mark: Bytes;
}

/** Names a code that the batch is about to take. */
export function toTake(purpose: CodePurpose, holder: Bytes): TakenCodeRow {
  return { purpose, holder, mark: crypto.getRandomValues(new Uint8Array(16)) };
}

/**
 * A statement that takes a link, if it is valid and the SQL `condition` holds, which may use `?1`, the time.
 *
 * @returns a row when it was taken
 */
export function takeLink(code: TakenCodeRow, condition: string, now: number): InStatement {
  return {
    sql: `UPDATE user_codes SET used_at = ?1, used_mark = ?2
      WHERE purpose = ?3 AND holder = ?4 AND used_at IS NULL AND expires_at > ?1
        AND ${condition} RETURNING 1`,
    args: [now, code.mark, code.purpose, code.holder],
  };
}

/** SQL without parameters: whether the batch has taken the code. */
export function isTaken({ purpose, holder, mark }: TakenCodeRow): string {
  return `EXISTS (SELECT 1 FROM user_codes WHERE purpose = '${purpose}'
    AND holder = x'${hex(holder)}' AND used_mark = x'${hex(mark)}')`;
}
