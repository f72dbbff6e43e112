/** What people change on their account page. */
import { isReauthenticated } from "../../domain/accounts/account.ts";
import {
  parseAccountEmail,
  parseName,
  parseNewPassword,
} from "../../domain/accounts/account_form.ts";
import { type AuditAction, INSTALLATION, type NewAuditEntry } from "../../domain/accounts/audit.ts";
import { isToken } from "../../domain/accounts/one_time_codes.ts";
import { DAY_MS } from "../../domain/time/durations.ts";
import type { UserId } from "../../domain/ids.ts";
import { mayRegister } from "../../domain/accounts/registration_domains.ts";
import { ok, refuse } from "../../domain/result.ts";
import { openLink, sendLink } from "./links.ts";
import type { AccountDependencies } from "./ports.ts";
import type { AccountLanguage, Session } from "../../domain/accounts/account.ts";
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  SessionRefusal,
  StartRefusal,
  TeamRefusal,
} from "../../domain/accounts/refusals.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";

/** The account page. Changes but those of name and language need re-authentication. */
export interface AccountSettings {
  setName(session: Session, name: string): Promise<Result<void, FieldRefusal>>;
  setLanguage(session: Session, language: AccountLanguage): Promise<void>;
  setPassword(
    session: Session,
    password: string,
  ): Promise<Result<void, FieldRefusal | SessionRefusal | Busy>>;
  /** Sends a link to the new address, which proves it. */
  startEmailChange(
    session: Session,
    emailAddress: string,
    request: AccountRequest,
  ): Promise<Result<void, StartRefusal | SessionRefusal>>;
  /** Reads the link to a new address without using it. */
  openEmailChange(token: string): Promise<Result<{ readonly emailAddress: string }, LinkRefusal>>;
  /** Uses the link: keeps the new address and tells the old one. */
  completeEmailChange(token: string, request: AccountRequest): Promise<Result<void, LinkRefusal>>;
  /** Deletes the account; refused while it is a service's last member with `manage`. */
  deactivate(session: Session): Promise<Result<void, SessionRefusal | TeamRefusal>>;
}

/** How long the message to the address before is sent again when its provider fails, in milliseconds. */
const CHANGED_VALID_MS = DAY_MS;

/** Creates the use cases of the account page. */
export function createAccountSettings(ports: AccountDependencies): AccountSettings {
  const { accounts, clock, hasher, links, policy, sendMessage } = ports;

  const readLink = async (token: string) =>
    openLink(
      isToken(token) ? await links.read("email-change", token, clock.now()) : undefined,
    );

  return {
    async setName({ user }, typed) {
      const name = parseName(typed);
      if (!name.ok) return name;
      await accounts.setName(user.id, name.value, entryOf(user.id, "name-changed"), clock.now());
      return ok(undefined);
    },
    setLanguage: ({ user }, language) => accounts.setLanguage(user.id, language, clock.now()),
    async setPassword(session, password) {
      const { id, user } = session;
      if (!isReauthenticated(session, clock.now())) {
        return refuse({ kind: "reauthentication-needed" });
      }
      const checked = parseNewPassword(password, [user.name, user.emailAddress]);
      if (!checked.ok) return checked;
      const hash = await hasher.hash(checked.value);
      if (!hash.ok) return hash;
      const entry = entryOf(user.id, "password-changed");
      await accounts.setPassword(user.id, hash.value, id, entry, clock.now());
      return ok(undefined);
    },
    async startEmailChange(session, typed, request) {
      if (!isReauthenticated(session, clock.now())) {
        return refuse({ kind: "reauthentication-needed" });
      }
      const emailAddress = parseAccountEmail(typed);
      if (!emailAddress.ok) return refuse({ kind: "email-address", because: "not-valid" });
      if (!policy.hasEmail) return refuse({ kind: "no-email-provider" });
      const { user } = session;
      if (
        !user.isOperator &&
        !mayRegister(emailAddress.value.normalised, policy.registrationDomains)
      ) return refuse({ kind: "domain-not-allowed" });
      await sendLink(
        ports,
        { purpose: "email-change", emailAddress: emailAddress.value, userId: user.id },
        (account, token) =>
          account === undefined
            ? { name: "email-change-link", path: `account/email/${token}` }
            : { name: "already-registered", path: "sign-in" },
        request,
      );
      return ok(undefined);
    },
    async openEmailChange(token) {
      const link = await readLink(token);
      if (!link.ok) return link;
      if (link.value.hasAccount) return refuse({ kind: "link", because: "used" });
      return ok({ emailAddress: link.value.emailAddress });
    },
    async completeEmailChange(token, request) {
      const link = await readLink(token);
      if (!link.ok) return link;
      const now = clock.now();
      const changed = await accounts.changeEmailAddress(
        token,
        (userId) => entryOf(userId, "email-address-changed"),
        now,
      );
      if (changed === undefined) return refuse({ kind: "link", because: "used" });
      await sendMessage({
        name: "email-changed",
        to: changed.before,
        language: changed.language,
        values: { link: request.root },
        validUntil: now + CHANGED_VALID_MS,
      }, request.waitUntil);
      return ok(undefined);
    },
    async deactivate(session) {
      if (!isReauthenticated(session, clock.now())) {
        return refuse({ kind: "reauthentication-needed" });
      }
      const { user } = session;
      const entry = entryOf(user.id, "account-deactivated");
      return await accounts.delete(user.id, entry, clock.now())
        ? ok(undefined)
        : refuse({ kind: "last-manager" });
    },
  };
}

function entryOf(userId: UserId, action: AuditAction): NewAuditEntry {
  return { chain: INSTALLATION, actor: { kind: "user", id: userId }, action };
}
