/** Replaces forgotten passwords. */
import { parseAccountEmail, parseNewPassword } from "../../domain/accounts/account_form.ts";
import { INSTALLATION } from "../../domain/accounts/audit.ts";
import { isToken } from "../../domain/accounts/one_time_codes.ts";
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  StartRefusal,
} from "../../domain/accounts/refusals.ts";
import type { UserId } from "../../domain/ids.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import { openLink, sendLink } from "./links.ts";
import type { AccountDependencies } from "./ports.ts";

/** Replaces forgotten passwords by links. */
export interface PasswordReset {
  /** Sends a link to a new password; to an address without an account a message that says so. As `Registration.start`. */
  startReset(emailAddress: string, request: AccountRequest): Promise<Result<void, StartRefusal>>;
  /** Reads a link to a new password without using it. */
  openReset(token: string): Promise<Result<{ readonly emailAddress: string }, LinkRefusal>>;
  /** Sets the new password, ends all sessions and forgets all browsers. The second factor stays. */
  reset(
    token: string,
    password: string,
  ): Promise<Result<void, LinkRefusal | FieldRefusal | Busy>>;
}

/** Creates the use cases of forgotten passwords. */
export function createPasswordReset(ports: AccountDependencies): PasswordReset {
  const { accounts, clock, hasher, links, policy } = ports;

  async function readReset(token: string) {
    return openLink(await links.read("password-reset", token, clock.now()));
  }

  return {
    async startReset(typed, request) {
      const emailAddress = parseAccountEmail(typed);
      if (!emailAddress.ok) return refuse({ kind: "email-address", because: "not-valid" });
      if (!policy.hasEmail) return refuse({ kind: "no-email-provider" });
      await sendLink(
        ports,
        { purpose: "password-reset", emailAddress: emailAddress.value },
        (account, token) =>
          account === undefined || account.isBlocked
            ? { name: "no-account", path: "" }
            : { name: "password-reset-link", path: `sign-in/new-password/${token}` },
        request,
      );
      return ok(undefined);
    },
    async openReset(token) {
      const link = await readReset(token);
      return link.ok ? ok({ emailAddress: link.value.emailAddress }) : link;
    },
    async reset(token, password) {
      const link = isToken(token)
        ? await readReset(token)
        : refuse({ kind: "link", because: "unknown" } as const);
      if (!link.ok) return link;
      const { userId } = link.value;
      const checked = parseNewPassword(password, [link.value.emailAddress]);
      if (!checked.ok) return checked;
      const passwordHash = await hasher.hash(checked.value);
      if (!passwordHash.ok) return passwordHash;
      const entryOf = (id: UserId) => ({
        chain: INSTALLATION,
        actor: { kind: "user", id },
        action: "password-reset",
      } as const);
      const changed = userId === undefined
        ? undefined
        : await accounts.resetPassword(token, passwordHash.value, entryOf, clock.now());
      return changed === undefined ? refuse({ kind: "link", because: "used" }) : ok(undefined);
    },
  };
}
