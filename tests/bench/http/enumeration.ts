/**
 * Whether the time of an answer tells if an address has an account: pairs of requests over HTTP, one with an address that
 * has one and one with an address that has none, to a real process. Tests count the work of both ways instead of timing it.
 */
import { createPasswordHasher } from "../../../adapters/accounts/password_hash.ts";
import { createClock } from "../../../adapters/clock.ts";
import { createEncryption } from "../../../adapters/crypto/envelope_encryption.ts";
import { openDatabase } from "../../../adapters/libsql/connection/database.ts";
import { INSTALLATION } from "../../../domain/accounts/audit.ts";
import type { SessionId, UserId } from "../../../domain/ids.ts";
import { HOUR_MS } from "../../../domain/time/durations.ts";
import { openAccountStores } from "../../../runtime/accounts.ts";
import { MASTER_KEY } from "../../support/application.ts";
import { type Folder, makeFolder, migrateFolder, pause } from "../../support/process.ts";
import { type MedianDifference, medianDifference } from "../measure.ts";
import { startHark } from "./servers.ts";

/** Pairs of requests that are measured by default, after a few that are not. */
const PAIRS = 200;
const WARM_UP_PAIRS = 10;
/** The pause after a request, in milliseconds: a message that it sends goes out after the answer. */
const PAUSE_MS = 5;

/** A form that takes an address from anybody. */
interface OpenForm {
  readonly name: "sign in" | "register" | "forgotten";
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly status: number;
}

const FORMS: readonly OpenForm[] = [
  {
    name: "sign in",
    path: "/sign-in",
    fields: { password: "a wrong but long password" },
    status: 422,
  },
  { name: "register", path: "/register/sent", fields: {}, status: 200 },
  { name: "forgotten", path: "/sign-in/forgotten", fields: {}, status: 200 },
];

/** How far apart the answers of a form are. */
export interface EnumerationTime extends MedianDifference {
  readonly form: OpenForm["name"];
  readonly pairs: number;
}

const knownAddress = (pair: number) => `person${pair}@dept.gov.example`;
const unknownAddress = (pair: number) => `absent${pair}@dept.gov.example`;

/** Measures each form by pairs of requests, of which either comes first in every second one. */
export async function measureEnumeration(pairs = PAIRS): Promise<readonly EnumerationTime[]> {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  await createAccounts(folder, pairs + WARM_UP_PAIRS);
  await using hark = await startHark({
    folder,
    environment: { REGISTRATION_DOMAINS: "*", TRUSTED_PROXIES: "127.0.0.1" },
  });
  const times: EnumerationTime[] = [];
  for (const form of FORMS) {
    const samples: (readonly [known: number, unknown: number])[] = [];
    for (let pair = 0; pair < pairs + WARM_UP_PAIRS; pair++) {
      const time = (address: string) => timeRequest(hark.url, form, address, pair);
      const isKnownFirst = pair % 2 === 0;
      const first = await time(isKnownFirst ? knownAddress(pair) : unknownAddress(pair));
      const second = await time(isKnownFirst ? unknownAddress(pair) : knownAddress(pair));
      if (pair >= WARM_UP_PAIRS) samples.push(isKnownFirst ? [first, second] : [second, first]);
    }
    times.push({ form: form.name, pairs, ...medianDifference(samples) });
  }
  return times;
}

/** Sends a form, each pair from a network of its own: limits count by it. @returns the milliseconds until the answer's end */
async function timeRequest(
  url: string,
  { path, fields, status }: OpenForm,
  address: string,
  pair: number,
): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(`${url}${path}`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: url, "x-forwarded-for": `10.${pair >> 8}.${pair & 255}.7` },
    body: new URLSearchParams({ ...fields, email_address: address }),
  });
  await answer.body?.cancel();
  const ms = performance.now() - startedAt;
  if (answer.status !== status) throw new Error(`${path} answers ${answer.status}`);
  await pause(PAUSE_MS);
  return ms;
}

/** Stores accounts of one password. */
async function createAccounts({ path }: Folder, count: number): Promise<void> {
  const db = await openDatabase({ url: `file:${path}/hark.db` });
  const encryption = await createEncryption([Uint8Array.fromBase64(MASTER_KEY)]);
  const clock = createClock();
  const stores = openAccountStores({ db, encryption, clock, forget: () => {} });
  const hashed = await createPasswordHasher().hash("violet kettle under snow");
  if (!hashed.ok) throw new Error("the hasher is busy");
  const newToken = () => stores.secrets.newToken();
  const now = clock.now();
  for (let pair = 0; pair < count; pair++) {
    const address = knownAddress(pair);
    const token = newToken();
    const link = {
      purpose: "registration",
      token,
      emailAddress: { address, normalised: address },
    } as const;
    await stores.links.issue(link, { network: "bench", chargesOf: () => [] }, now);
    const user = {
      id: clock.newId() as UserId,
      name: "Ann",
      passwordHash: hashed.value,
      language: "en",
    } as const;
    const session = {
      id: clock.newId() as SessionId,
      token: newToken(),
      browser: "",
      address: undefined,
      expiresAt: now + HOUR_MS,
    };
    const entry = {
      chain: INSTALLATION,
      actor: { kind: "system" },
      action: "account-registered",
    } as const;
    const created = await stores.accounts.register(link, user, session, entry, now);
    if (created === undefined) throw new Error("the account was not created");
  }
  db.close();
}
