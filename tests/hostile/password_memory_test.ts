/** The memory of password hashes, in a real process. */
import assert from "node:assert/strict";
import { startTarget, type Target } from "../fuzz/target.ts";
import { waitFor } from "../support/process.ts";
import { residentMegabytes } from "./clients.ts";

/** Pairs of sign-ins at the same time, each of which computes a hash with 16 MiB. */
const PAIRS = 8;

/** What they may leave. Without the launcher's threshold glibc keeps more than 150 MB. */
const MAX_GROWTH_MB = 40;

async function signIn({ process }: Target, email: string): Promise<void> {
  const answer = await fetch(`${process.url}/sign-in`, {
    method: "POST",
    headers: { origin: process.url },
    body: new URLSearchParams({ email_address: email, password: "some other password" }),
    redirect: "manual",
  });
  assert.match(await answer.text(), /email address or password is wrong/i);
}

Deno.test("POST /sign-in: gives the memory of password hashes back to the system", async () => {
  await using target = await startTarget();
  // The first one loads what the others need.
  await signIn(target, "first@example.com");
  const before = await residentMegabytes(target.pid).catch(() => undefined);
  for (let at = 0; at < PAIRS; at++) {
    await Promise.all(["a", "b"].map((name) => signIn(target, `${name}${at}@example.com`)));
  }
  await waitFor(
    "memory of password hashes to come back",
    async () =>
      before === undefined || await residentMegabytes(target.pid) < before + MAX_GROWTH_MB,
  );
});
