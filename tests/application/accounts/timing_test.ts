import assert from "node:assert/strict";
import { HASHES_AT_ONCE, MAX_WAITING_HASHES } from "../../../adapters/accounts/password_hash.ts";
import { type AccountsBench, openAccountsBench, PASSWORD, requestFrom } from "./bench.ts";

const PAIRS = 200;
/** How often the comparison is made at most: another program on the machine can disturb one. */
const ROUNDS = 3;
const ADDRESS = "ann@dept.example";

function statisticsOf(samples: readonly number[]) {
  const sorted = samples.toSorted((a, b) => a - b);
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const variance = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) /
    (samples.length - 1);
  return {
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    // Of a median, where the samples are normally distributed.
    standardError: 1.2533 * Math.sqrt(variance / samples.length),
  };
}

/** Compares the times of two calls over interleaved pairs. */
async function differ(
  known: (index: number) => Promise<unknown>,
  unknown: (index: number) => Promise<unknown>,
): Promise<boolean> {
  const time = async (call: (index: number) => Promise<unknown>, index: number) => {
    const begun = performance.now();
    await call(index);
    return performance.now() - begun;
  };
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < PAIRS; i++) {
    // Which comes first changes, so that neither is always the one after a collection of garbage.
    const order = i % 2 === 0 ? [0, 1] as const : [1, 0] as const;
    for (const which of order) times[which].push(await time(which === 0 ? known : unknown, i));
  }
  const [a, b] = times.map(statisticsOf);
  assert.ok(a && b);
  return Math.abs(a.median - b.median) >= 3 * Math.hypot(a.standardError, b.standardError);
}

const NETWORKS = (index: number) => `10.${index % 250}.${Math.floor(index / 250)}.1`;

const CALLS = {
  "signIn.withPassword": (bench: AccountsBench, emailAddress: string, index: number) =>
    bench.accounts.signIn.withPassword(
      { emailAddress, password: "wrong wrong wrong" },
      undefined,
      requestFrom(NETWORKS(index)),
    ),
  "registration.start": (bench: AccountsBench, emailAddress: string, index: number) => {
    // Beyond the limit of the address nothing is sent, which is another path.
    bench.time.now += 24 * 60 * 60_000;
    return bench.accounts.registration.start(emailAddress, requestFrom(NETWORKS(index)));
  },
  "signIn.startReset": (bench: AccountsBench, emailAddress: string, index: number) => {
    bench.time.now += 24 * 60 * 60_000;
    return bench.accounts.signIn.startReset(emailAddress, requestFrom(NETWORKS(index)));
  },
};

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`${name}: takes as long for an address with an account as for one without`, async () => {
    await using bench = await openAccountsBench();
    await bench.person(ADDRESS);
    const known = (index: number) => call(bench, ADDRESS, index);
    const unknown = (index: number) => call(bench, "bob@dept.example", index);
    for (let i = 0; i < 20; i++) {
      await known(1_000 + i);
      await unknown(1_000 + i);
    }
    for (let round = 0; round < ROUNDS; round++) {
      if (!await differ(known, unknown)) return;
    }
    assert.fail("the medians differ by three standard errors or more");
  });
}

Deno.test("signIn.withPassword: of 100 at once 22 are compared, and the others refused as busy", async () => {
  await using bench = await openAccountsBench({ hashMs: 5 });
  await bench.person(ADDRESS);
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      bench.accounts.signIn.withPassword(
        { emailAddress: `p${i}@dept.example`, password: PASSWORD },
        undefined,
        requestFrom(NETWORKS(i)),
      )),
  );
  const kinds = results.map((result) => result.ok ? "ok" : result.refusal.kind);
  const served = HASHES_AT_ONCE + MAX_WAITING_HASHES;
  assert.equal(kinds.filter((kind) => kind === "wrong-credentials").length, served);
  assert.equal(kinds.filter((kind) => kind === "busy").length, 100 - served);
});
