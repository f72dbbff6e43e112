/** Guesses of the admin token at a real process, behind a proxy and without one. */
import assert from "node:assert/strict";
import { MAX_FAST_GUESSES } from "../../application/access/guess_counter.ts";
import { GUESS_DELAY_MS } from "../../routes/http/slow_guesses.ts";
import { makeFolder, serve, waitFor } from "../support/process.ts";

interface Guess {
  readonly status: number;
  readonly ms: number;
}

Deno.test("guesses of the admin token: are slowed by the client's network and logged, and the right one is not", async () => {
  await using folder = await makeFolder();
  const environment = { PORT: "0", ADMIN_TOKEN: "0123456789abcdefghijklmn" };
  await using hark = await serve("dev", {
    folder,
    environment: { ...environment, TRUSTED_PROXIES: "127.0.0.1" },
  });
  const call = async (token: string, forwardedFor?: string): Promise<Guess> => {
    const startedAt = performance.now();
    const answer = await fetch(`${hark.url}/manage/services`, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor }),
      },
    });
    await answer.body?.cancel();
    return { status: answer.status, ms: performance.now() - startedAt };
  };
  const slowest = Math.floor(GUESS_DELAY_MS * 0.95);
  for (let i = 0; i < MAX_FAST_GUESSES; i++) {
    // The client writes entries of its own before that of the proxy.
    assert.equal((await call("wrong", `203.0.113.${i}, 192.0.2.${i}`)).status, 401);
  }
  const slowed = await call("wrong", "192.0.2.200");
  assert.equal(slowed.status, 401);
  assert.ok(slowed.ms >= slowest, `it took ${slowed.ms} ms`);
  const right = await call(environment.ADMIN_TOKEN, "192.0.2.200");
  assert.equal(right.status, 200);
  assert.ok(right.ms < slowest, `it took ${right.ms} ms`);
  const elsewhere = await call("wrong", "192.0.3.1");
  assert.equal(elsewhere.status, 401);
  assert.ok(elsewhere.ms < slowest, `it took ${elsewhere.ms} ms`);
  assert.equal((await call("wrong")).status, 401);

  // Ten lines a second at most, so the last ones may be counted in a line of their own.
  const lines = await waitFor("the security events", () => {
    const found = hark.stdout.split("\n").filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line))
      .filter(({ event }) => ["credential-refused", "limit-reached"].includes(event));
    return found.some(({ limit }) => limit === "guesses") && found;
  });
  const clients = new Set(lines.map(({ client }) => client));
  assert.ok(clients.has("192.0.2.0") && !clients.has("203.0.113.0"), [...clients].join());
  assert.ok(!hark.stdout.includes("Bearer wrong"));
});
