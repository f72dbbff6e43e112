/** Verification of access tokens in a real workerd. */
import assert from "node:assert/strict";
import { issueBadTokens, issueToken, makeKeys, toJwks, TOKEN_NOW } from "../../support/tokens.ts";
import { bundleWorker, startWorker, WORKER_TEST } from "../../support/workerd.ts";

Deno.test(
  "createAccessTokens: verifies concurrent requests and bad tokens in workerd",
  WORKER_TEST,
  async () => {
    const all = await Promise.all([
      makeKeys("RS256", "a"),
      makeKeys("PS256", "b"),
      makeKeys("ES256", "c"),
    ]);
    await using worker = await startWorker({
      script: await bundleWorker(new URL("../../support/tokens_worker.ts", import.meta.url)),
      bindings: { URLS: "http://keys.internal/a http://keys.internal/b", NOW: `${TOKEN_NOW}` },
      outbound: async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const { pathname } = new URL(request.url);
        return new Response(toJwks(...(pathname === "/a" ? all.slice(0, 1) : all.slice(1))));
      },
    });
    const verify = async (token: string | undefined) => {
      const headers: HeadersInit = token === undefined ? {} : { "x-access-token": token };
      return await (await worker.fetch("/", { headers })).json();
    };
    const tokens = await Promise.all(
      Array.from({ length: 30 }, (_, n) => all.map((keys) => issueToken(keys, { sub: `${n}` })))
        .flat(),
    );
    const verdicts = await Promise.all(tokens.map(verify));
    assert.deepEqual(
      verdicts.map(({ ok, value }) => ok && value.recipientId),
      tokens.map((_, index) => `${Math.floor(index / all.length)}`),
    );
    const [first] = all;
    for (const { name, token, refusal } of await issueBadTokens(first)) {
      // No issuer and no audience are configured here, and the runtime limits the size of a header.
      const isOther = refusal.because === "issuer" || refusal.because === "audience";
      if (isOther || name === "huge" || name === "blanks") continue;
      assert.deepEqual(await verify(token), { ok: false, refusal }, name);
    }
  },
);
