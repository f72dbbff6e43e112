/** Registers accounts. */
import {
  parseAccountEmail,
  parseName,
  parseNewPassword,
} from "../../domain/accounts/account_form.ts";
import { parseMobileNumber } from "../../domain/accounts/mobile_number.ts";
import { isToken } from "../../domain/accounts/one_time_codes.ts";
import { mayRegister } from "../../domain/accounts/registration_domains.ts";
import { INSTALLATION } from "../../domain/accounts/audit.ts";
import type { UserId } from "../../domain/ids.ts";
import type { RegistrationLink } from "../../domain/ports/account_store.ts";
import { ok, refuse } from "../../domain/result.ts";
import { openLink, sendLink } from "./links.ts";
import { newSession } from "./new_session.ts";
import type { AccountDependencies } from "./ports.ts";
import type { SecondFactor } from "./second_factor.ts";
import type {
  Busy,
  FieldRefusal,
  LinkRefusal,
  StartRefusal,
} from "../../domain/accounts/refusals.ts";
import type { Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import type { OpenedSession } from "./opened_session.ts";

/** Registers accounts: the mailbox is proved first. */
export interface Registration {
  /**
   * Sends a link to the address; to an address with an account a message that says so. The result and the work are the
   * same for both. Beyond the limits of the address or the network nothing is sent, and the result is the same too.
   */
  start(emailAddress: string, request: AccountRequest): Promise<Result<void, StartRefusal>>;
  /** Reads a link without using it. */
  open(token: string): Promise<Result<{ readonly emailAddress: string }, LinkRefusal>>;
  /**
   * Uses the link, creates the account and a session of stage `first-factor`, and sends the code that proves the
   * number. Without an SMS provider `mobileNumber` may be empty.
   */
  complete(
    token: string,
    form: { readonly name: string; readonly password: string; readonly mobileNumber: string },
    request: AccountRequest,
  ): Promise<Result<OpenedSession, LinkRefusal | FieldRefusal | Busy>>;
}

/** The form that completes an account. */
export interface RegistrationForm {
  readonly name: string;
  readonly password: string;
  readonly mobileNumber: string;
}

/** Creates the use cases of registering. */
export function createRegistration(
  ports: AccountDependencies,
  completeWith: CompleteRegistration,
): Registration {
  const { clock, links, policy } = ports;
  return {
    async start(typed, request) {
      const emailAddress = parseAccountEmail(typed);
      if (!emailAddress.ok) return refuse({ kind: "email-address", because: "not-valid" });
      if (!policy.hasEmail) return refuse({ kind: "no-email-provider" });
      if (!mayRegister(emailAddress.value.normalised, policy.registrationDomains)) {
        return refuse({ kind: "domain-not-allowed" });
      }
      await sendLink(
        ports,
        { purpose: "registration", emailAddress: emailAddress.value },
        (account, token) =>
          account === undefined
            ? { name: "registration-link", path: `register/${token}` }
            : { name: "already-registered", path: "sign-in" },
        request,
      );
      return ok(undefined);
    },
    async open(token) {
      const link = openLink(await links.read("registration", token, clock.now()));
      if (!link.ok) return link;
      if (link.value.hasAccount) return refuse({ kind: "link", because: "used" });
      return ok({ emailAddress: link.value.emailAddress });
    },
    complete: (token, form, request) =>
      completeWith(
        {
          purpose: "registration",
          token,
          read: async () => openLink(await links.read("registration", token, clock.now())),
        },
        form,
        request,
      ),
  };
}

/** A link that an account is created with. */
export interface CompletingLink {
  readonly purpose: RegistrationLink;
  readonly token: string;
  /** Reads the link without using it. */
  readonly read: () => Promise<
    Result<{ readonly emailAddress: string; readonly hasAccount: boolean }, LinkRefusal>
  >;
}

/** Uses a link, creates the account and its first session, and sends the code that proves the number. */
export type CompleteRegistration = (
  link: CompletingLink,
  form: RegistrationForm,
  request: AccountRequest,
) => Promise<Result<OpenedSession, LinkRefusal | FieldRefusal | Busy>>;

/** Creates the last step of registering, which is the same for every kind of link. */
export function createCompleteRegistration(
  ports: AccountDependencies,
  secondFactor: Pick<SecondFactor, "proveNumber">,
): CompleteRegistration {
  const { accounts, clock, hasher, policy } = ports;
  return async ({ purpose, token, read }, form, request) => {
    const link = isToken(token)
      ? await read()
      : refuse({ kind: "link", because: "unknown" } as const);
    if (!link.ok) return link;
    if (link.value.hasAccount) return refuse({ kind: "link", because: "used" });
    const { emailAddress } = link.value;
    const name = parseName(form.name);
    if (!name.ok) return name;
    const password = parseNewPassword(form.password, [name.value, emailAddress]);
    if (!password.ok) return password;
    const number = policy.hasSms
      ? parseMobileNumber(form.mobileNumber, policy.signInCountries)
      : ok(undefined);
    if (!number.ok) return number;
    const passwordHash = await hasher.hash(password.value);
    if (!passwordHash.ok) return passwordHash;
    const now = clock.now();
    const session = newSession(ports, request, now);
    const id = clock.newId() as UserId;
    const user = await accounts.register(
      { purpose, token },
      { id, name: name.value, passwordHash: passwordHash.value, language: request.language },
      session,
      {
        chain: INSTALLATION,
        actor: { kind: "user", id },
        action: "account-registered",
        facts: { by: purpose },
      },
      now,
    );
    // Somebody used the link meanwhile, or another one for this address.
    if (user === undefined) return refuse({ kind: "link", because: "used" });
    const opened = {
      token: session.token,
      expiresAt: session.expiresAt,
      stage: "first-factor",
    } as const;
    if (number.value === undefined) return ok({ ...opened, next: "enrol-totp" });
    const sent = await secondFactor.proveNumber(
      {
        ...session,
        stage: "first-factor",
        user,
        createdAt: now,
        reauthenticatedAt: now,
        memberships: [],
        service: undefined,
      },
      number.value,
      request,
    );
    return ok({ ...opened, next: sent.ok ? "text" : "enrol-number" });
  };
}
