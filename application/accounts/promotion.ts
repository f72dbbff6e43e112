/** How a session goes on when a factor was given. */
import type { Session } from "../../domain/accounts/account.ts";
import { INSTALLATION, type NewAuditEntry } from "../../domain/accounts/audit.ts";
import { CODE_VALID_MS } from "../../domain/accounts/one_time_codes.ts";
import type { SecondFactorWay } from "../../domain/accounts/sign_in.ts";
import type { SessionPromotion } from "../../domain/ports/second_factor_store.ts";
import type { CompletedSession } from "./opened_session.ts";
import type { AccountDependencies } from "./ports.ts";

/**
 * Whether the person may set up a first factor without a second one: the account has none yet. Otherwise a password
 * alone would replace the second factor.
 */
export function mayEnrol({ stage, user }: Session): boolean {
  return stage === "first-factor" && user.mobileNumber === undefined && !user.hasTotp;
}

/** The tokens of a session that is raised. */
export function promotionOf(
  { secrets }: Pick<AccountDependencies, "secrets">,
  { id: sessionId, user }: Session,
  remember: boolean,
): SessionPromotion {
  return {
    sessionId,
    userId: user.id,
    token: secrets.newToken(),
    rememberedBrowser: remember ? secrets.newToken() : undefined,
  };
}

/** The entry of a factor that was given. */
export function factorGiven({ user }: Session, way: SecondFactorWay): NewAuditEntry {
  return {
    chain: INSTALLATION,
    actor: { kind: "user", id: user.id },
    action: "second-factor-given",
    facts: { way },
  };
}

/** The result for the browser. */
export function completed(
  { expiresAt }: Session,
  { token, rememberedBrowser }: SessionPromotion,
  now: number,
  hasRecoveryCodes: boolean,
): CompletedSession {
  return {
    token,
    expiresAt,
    stage: "complete",
    next: "done",
    rememberedBrowser: rememberedBrowser === undefined
      ? undefined
      : { token: rememberedBrowser, expiresAt: now + CODE_VALID_MS["remembered-browser"] },
    needsRecoveryCodes: !hasRecoveryCodes,
  };
}
