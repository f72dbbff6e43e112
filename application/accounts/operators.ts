/** The operator's side of accounts. */
import { parseAccountEmail } from "../../domain/accounts/account_form.ts";
import { type AuditActor, INSTALLATION } from "../../domain/accounts/audit.ts";
import { CODE_VALID_MS } from "../../domain/accounts/one_time_codes.ts";
import { ok, refuse } from "../../domain/result.ts";
import { openLink } from "./links.ts";
import type { AccountDependencies } from "./ports.ts";
import type { CompleteRegistration } from "./registration.ts";
import type { Session } from "../../domain/accounts/account.ts";
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  TeamRefusal,
} from "../../domain/accounts/refusals.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";

/** The operator's side of accounts. */
export interface Operators {
  /**
   * Creates the link of an operator, valid for an hour and once. It leads to registering, or makes the account of the
   * address an operator once its owner follows it.
   */
  createLink(
    actor: AuditActor,
    emailAddress: string,
    root: string,
  ): Promise<Result<{ readonly url: string; readonly expiresAt: number }, FieldRefusal>>;
  /** Reads the link without using it. */
  open(
    token: string,
  ): Promise<Result<{ readonly emailAddress: string; readonly hasAccount: boolean }, LinkRefusal>>;
  /** Creates the operator's account, as {@link Registration.complete}. */
  register(
    token: string,
    form: { readonly name: string; readonly password: string; readonly mobileNumber: string },
    request: AccountRequest,
  ): Promise<Result<OpenedSession, LinkRefusal | FieldRefusal | Busy>>;
  /** Makes the account of the signed-in person, whose address the link names, an operator. */
  accept(session: Session, token: string): Promise<Result<void, LinkRefusal | TeamRefusal>>;
  /** Whether the database has any user: while it has none, the first page explains how to make the first operator. */
  hasAnyUser(): Promise<boolean>;
}

/** Creates the link of an operator: for the command `operator`, which has no use of the other use cases. */
export function createOperatorLink(
  { clock, links, secrets }: Pick<AccountDependencies, "clock" | "links" | "secrets">,
): Operators["createLink"] {
  return async (actor, typed, root) => {
    const emailAddress = parseAccountEmail(typed);
    if (!emailAddress.ok) return emailAddress;
    const now = clock.now();
    const token = secrets.newToken();
    await links.issueByOperator(
      { purpose: "operator", token, emailAddress: emailAddress.value },
      { chain: INSTALLATION, actor, action: "operator-link-created" },
      now,
    );
    return ok({ url: `${root}operators/${token}`, expiresAt: now + CODE_VALID_MS.operator });
  };
}

/** Creates the operator's side of accounts. */
export function createOperators(
  ports: AccountDependencies,
  completeWith: CompleteRegistration,
): Operators {
  const { accounts, clock, links } = ports;
  const read = async (token: string) => openLink(await links.read("operator", token, clock.now()));

  return {
    createLink: createOperatorLink(ports),
    async open(token) {
      const link = await read(token);
      if (!link.ok) return link;
      const { emailAddress, hasAccount } = link.value;
      return ok({ emailAddress, hasAccount });
    },
    register: (token, form, request) =>
      completeWith({ purpose: "operator", token, read: () => read(token) }, form, request),
    async accept({ stage, user }, token) {
      const link = await read(token);
      if (!link.ok) return link;
      if (stage !== "complete") return refuse({ kind: "another-address" });
      const isOperator = await accounts.makeOperator(token, user.id, {
        chain: INSTALLATION,
        actor: { kind: "user", id: user.id },
        action: "operator-added",
        subject: user.id,
      }, clock.now());
      return isOperator ? ok(undefined) : refuse({ kind: "another-address" });
    },
    hasAnyUser: () => accounts.hasAny(),
  };
}
