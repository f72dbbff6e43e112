import assert from "node:assert/strict";
import { createPasswordHasher } from "../../../adapters/accounts/password_hash.ts";
import { createTotp } from "../../../adapters/accounts/totp.ts";
import { accountSecrets } from "../../../adapters/accounts/account_secrets.ts";
import type { Database } from "../../../adapters/libsql/connection/database.ts";
import { type Accounts, createAccounts } from "../../../application/accounts/accounts.ts";
import type { AccountRequest } from "../../../application/accounts/account_request.ts";
import {
  createManageAccount,
  type ManageAccount,
} from "../../../application/accounts/manage_account.ts";
import type { OpenedSession } from "../../../application/accounts/opened_session.ts";
import type { AccountPolicy } from "../../../application/accounts/policy.ts";
import {
  type AccountMessage,
  createAccountMessages,
} from "../../../application/accounts/send_message.ts";
import { createRateLimitCache } from "../../../application/sending/rate_limit_cache.ts";
import { createSendBatch } from "../../../application/sending/send_batch.ts";
import type { Session } from "../../../domain/accounts/account.ts";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";
import type { ServiceId } from "../../../domain/ids.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import type { Result } from "../../../domain/result.ts";
import { openAccountStores } from "../../../runtime/accounts.ts";
import { type Backend, BACKENDS } from "../../contracts/backends.ts";
import { type Bench, openBench } from "../../contracts/isolate.ts";

/** The password of every account under test. */
export const PASSWORD = "seven green bicycles";
/** The mobile number of the first account, as typed and as stored. */
export const NUMBER = "07700 900123";

/** The use cases of accounts over a database in memory, with every message that they sent. */
export interface AccountsBench extends Bench {
  readonly accounts: Accounts;
  readonly manageAccount: ManageAccount;
  readonly sent: readonly AccountMessage[];
  readonly logged: readonly LogEntry[];
  /** How many passwords were hashed. */
  readonly hashes: () => number;
  /** The calls of the database since the last call of this function. */
  readonly calls: () => Readonly<Record<"reads" | "writes", number>>;
  /** The path of the last link that was sent to an address, and its token. */
  linkTo(address: string): { readonly path: string; readonly token: string };
  /** The last code that was sent to a number. */
  codeTo(number: string): string;
  /** A new account, registered and signed in with a text's code. */
  person(address: string, number?: string): Promise<Session>;
  read(opened: Pick<OpenedSession, "token">, serviceId?: ServiceId): Promise<Session>;
  /** Makes the person an operator. @returns the session, read again */
  promote(session: Session, token: string): Promise<Session>;
  newService(session: Session, name?: string): Promise<ServiceId>;
}

/** A request from one browser. */
export function requestFrom(
  address = "192.0.2.7",
  more: Partial<AccountRequest> = {},
): AccountRequest {
  return {
    address,
    browser: "Firefox",
    language: "en",
    root: "https://hark.test/",
    waitUntil: () => {},
    ...more,
  };
}

/** The value of a result that must be good. */
export function valueOf<T, R>(result: Result<T, R>): T {
  if (!result.ok) assert.fail(`refused: ${JSON.stringify(result.refusal)}`);
  return result.value;
}

/** The refusal of a result. */
export function refusalOf<T, R>(result: Result<T, R>): R {
  if (result.ok) assert.fail("not refused");
  return result.refusal;
}

function countCalls(db: Database) {
  const counted = { reads: 0, writes: 0 };
  const count =
    <A extends unknown[], R>(kind: "reads" | "writes", call: (...args: A) => R) =>
    (...args: A): R => {
      counted[kind]++;
      return call(...args);
    };
  return {
    db: {
      ...db,
      write: count("writes", db.write),
      read: count("reads", db.read),
      readPoint: count("reads", db.readPoint),
      readLong: count("reads", db.readLong),
    },
    take() {
      const taken = { ...counted };
      Object.assign(counted, { reads: 0, writes: 0 });
      return taken;
    },
  };
}

/** Opens the use cases over an empty database. */
export async function openAccountsBench(
  { backend = BACKENDS[0], policy = {}, hashMs = 0 }: {
    readonly backend?: Backend | undefined;
    readonly policy?: Partial<AccountPolicy>;
    /** How long a hash takes; 0 for as long as the digest. */
    readonly hashMs?: number;
  } = {},
): Promise<AccountsBench> {
  assert.ok(backend);
  const counter = { take: () => ({ reads: 0, writes: 0 }) };
  const bench = await openBench({
    ...backend,
    async open() {
      const database = await backend.open();
      const counted = countCalls(database.db);
      counter.take = counted.take;
      return {
        ...database,
        db: counted.db,
        [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
      };
    },
  });
  const { clock, contexts, db, encryption, management, accepts, unsubscribes } = bench;
  const sent: AccountMessage[] = [];
  const logged: LogEntry[] = [];
  let hashed = 0;
  const sendBatch = createSendBatch({
    clock,
    accepts,
    unsubscribes,
    rateLimits: createRateLimitCache(),
    defaults: { smsSender: "HARK", emailDomain: "hark.test" },
    hasInbox: () => false,
    dispatch: () => Promise.resolve(),
  });
  const send = createAccountMessages({ clock, contexts, management, sendBatch });
  const stores = openAccountStores({
    db,
    encryption,
    clock,
    forget: (id) => contexts.forget(id),
  });
  const accounts = createAccounts({
    ...stores,
    clock,
    // The rules of the hasher are its own tests'; a hash of 0.3 seconds would make these slow.
    hasher: createPasswordHasher({
      scrypt: async (password, salt, length) => {
        hashed++;
        if (hashMs > 0) await new Promise((resolve) => setTimeout(resolve, hashMs));
        const text = new TextEncoder().encode(`${salt.toHex()}${password}`);
        return new Uint8Array(await crypto.subtle.digest("SHA-256", text)).slice(0, length);
      },
    }),
    totp: createTotp(),
    secrets: accountSecrets,
    policy: {
      registrationDomains: ["dept.example"],
      signInCountries: ["GB"],
      contactEmail: undefined,
      termsUrl: undefined,
      hasEmail: true,
      hasSms: true,
      ...policy,
    },
    sendMessage: async (message, waitUntil) => {
      sent.push(message);
      return await send(message, waitUntil);
    },
    log: (entry) => logged.push(entry),
    isTextHeld: () => false,
    demoServiceId: () => undefined,
  });

  function linkTo(address: string) {
    const message = sent.findLast(({ to, values }) => to === address && "link" in values);
    const path = message?.values.link?.replace("https://hark.test/", "") ?? "";
    return { path, token: path.slice(path.lastIndexOf("/") + 1) };
  }

  async function read({ token }: Pick<OpenedSession, "token">, serviceId?: ServiceId) {
    const session = await accounts.sessions.read(token, serviceId);
    assert.ok(session, "the session is over");
    return session;
  }

  function codeTo(number: string): string {
    return sent.findLast(({ to }) => to === number)?.values.code ?? "";
  }

  return {
    ...bench,
    accounts,
    manageAccount: createManageAccount({ ...stores, clock }),
    sent,
    logged,
    hashes: () => hashed,
    calls: () => counter.take(),
    linkTo,
    codeTo,
    read,
    async person(address, number = NUMBER) {
      valueOf(await accounts.registration.start(address, requestFrom()));
      const form = { name: "Ann Lee", password: PASSWORD, mobileNumber: number };
      const { token } = linkTo(address);
      const opened = valueOf(await accounts.registration.complete(token, form, requestFrom()));
      const code = sent.at(-1)?.values.code ?? "";
      const session = await read(opened);
      return await read(valueOf(await accounts.secondFactor.confirmText(session, code, false)));
    },
    async promote(session, token) {
      valueOf(await accounts.operators.accept(session, token));
      return { ...session, user: { ...session.user, isOperator: true } };
    },
    async newService(session, name = "Library") {
      const id = crypto.randomUUID() as ServiceId;
      valueOf(await accounts.services.create(session, { id, name, settings: DEFAULT_SETTINGS }));
      return id;
    },
  };
}
