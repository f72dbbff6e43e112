/** What an operator does to the account of a person, for the command `account`. */
import type { UserState } from "../../domain/accounts/account.ts";
import { parseAccountEmail } from "../../domain/accounts/account_form.ts";
import {
  type AuditAction,
  type AuditActor,
  INSTALLATION,
  type NewAuditEntry,
} from "../../domain/accounts/audit.ts";
import type { FieldRefusal } from "../../domain/accounts/refusals.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { AccountDependencies } from "./ports.ts";

/** The actions, as the command names them. */
export const ACCOUNT_ACTIONS = {
  "block": { audit: "account-blocked", state: "blocked" },
  "unblock": { audit: "account-unblocked", state: "active" },
  "new-factor": { audit: "second-factor-reset", state: undefined },
} as const satisfies Readonly<
  Record<string, { readonly audit: AuditAction; readonly state: UserState | undefined }>
>;
/** The name of an action. */
export type AccountAction = keyof typeof ACCOUNT_ACTIONS;

/**
 * Blocks an account (its sessions end, and it cannot sign in), unblocks it, or removes its second factor and password:
 * the person then proves the mailbox for a new password, and sets up a new factor.
 */
export type ManageAccount = (
  actor: AuditActor,
  emailAddress: string,
  action: AccountAction,
) => Promise<Result<void, FieldRefusal | { readonly kind: "not-found" }>>;

/** Creates the use case. */
export function createManageAccount(
  { accounts, clock }: Pick<AccountDependencies, "accounts" | "clock">,
): ManageAccount {
  return async (actor, typed, name) => {
    const emailAddress = parseAccountEmail(typed);
    if (!emailAddress.ok) return emailAddress;
    const user = await accounts.find(emailAddress.value);
    if (user === undefined) return refuse({ kind: "not-found" });
    const { audit, state } = ACCOUNT_ACTIONS[name];
    const entry: NewAuditEntry = {
      chain: INSTALLATION,
      actor,
      action: audit,
      subject: user.id,
    };
    const isDone = state === undefined
      ? await accounts.resetSecondFactor(user.id, entry, clock.now())
      : await accounts.setState(user.id, state, entry, clock.now());
    return isDone ? ok(undefined) : refuse({ kind: "not-found" });
  };
}
