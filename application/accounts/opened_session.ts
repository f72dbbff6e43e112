/** The results of the steps of signing in. */
import type { SessionStage } from "../../domain/accounts/account.ts";
import type { SignInStep } from "../../domain/accounts/sign_in.ts";

/** A session that was just created or raised to `complete`. The token is the value of the session's cookie. */
export interface OpenedSession {
  readonly token: string;
  /** Epoch milliseconds: 20 hours after the sign-in. */
  readonly expiresAt: number;
  readonly stage: SessionStage;
  /** The next step. */
  readonly next: SignInStep;
}

/** A session that is complete, by the second factor. */
export interface CompletedSession extends OpenedSession {
  /** The value of the cookie by which this browser is remembered, when that was requested; valid for 30 days. */
  readonly rememberedBrowser: { readonly token: string; readonly expiresAt: number } | undefined;
  /** Whether the person has no recovery codes yet: offer to create them. */
  readonly needsRecoveryCodes: boolean;
}
