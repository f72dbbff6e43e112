import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { startTestApplication } from "../../../support/application.ts";
import {
  isRefusedBefore,
  issueBadTokens,
  makeKeys,
  TEST_AUDIENCE,
  TEST_ISSUER,
} from "../../../support/tokens.ts";
import { bodyOf } from "../../support.ts";
import {
  ACK_ALL,
  ackOf,
  assertProblem,
  COUNT,
  INBOX,
  readEvents,
  ROUTES,
  STREAM,
} from "./support.ts";
import { RUNNER, test } from "../../../support/runner.ts";

Deno.test("/api/notifications/inbox: 401 for every bad token at every address; changes nothing", async () => {
  const keys = await makeKeys("RS256", "inbox");
  await using hark = await startTestApplication({
    registry: keys,
    environment: { ACCESS_TOKEN_ISSUER: TEST_ISSUER, ACCESS_TOKEN_AUDIENCE: TEST_AUDIENCE },
  });
  const id = await hark.putMessage("citizen-1");
  const routes = [...ROUTES, ["POST", ackOf(id)]] as const;
  for (const { name, token } of await issueBadTokens(keys, Date.now())) {
    for (const [method, path] of routes) {
      const headers = token === undefined ? {} : { "x-access-token": token };
      const response = await hark.request(path, { method, headers });
      if (await isRefusedBefore(response, name)) continue;
      await assertProblem(response, "401 UNAUTHORIZED", `${name} ${path}`);
    }
  }
  const claims = { iss: TEST_ISSUER, aud: TEST_AUDIENCE };
  const count = await bodyOf(await hark.citizen("citizen-1", claims)("GET", COUNT), 200);
  assert.deepEqual(count, { total: 1, unread: 1 });
});

test.inside("/api/notifications/inbox: 503 while the key server is unavailable", async () => {
  await using hark = await startTestApplication({
    environment: { ACCESS_TOKEN_JWKS_URL: "https://id.example/keys" },
    fetch: () => Promise.reject(new TypeError("no way")),
  });
  const token = { "x-access-token": `${btoa('{"alg":"ES256","kid":"k"}').replace("==", "")}.a.b` };
  for (const [method, path] of ROUTES) {
    const response = await hark.request(path, { method, headers: token });
    assert.ok(Number(response.headers.get("retry-after")) > 0);
    await assertProblem(response, "503 SERVICE_UNAVAILABLE", path);
  }
});

Deno.test("/api/notifications/inbox: 405 for other methods", async () => {
  await using hark = await startTestApplication({ registry: true });
  const citizen = hark.citizen("citizen-1");
  for (const [right, path] of ROUTES) {
    const allow = right === "GET" ? ["GET", "HEAD"] : [right];
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      if (allow.includes(method)) continue;
      const response = await citizen(method, path);
      assert.equal(response.headers.get("allow"), allow.join(", "));
      await assertProblem(response, "405 METHOD_NOT_ALLOWED", `${method} ${path}`);
    }
  }
  for (const path of [INBOX, COUNT, STREAM]) {
    const response = await citizen("HEAD", path);
    assert.deepEqual([response.status, await response.text()], [200, ""], path);
  }
});

Deno.test("/api/: 404 and 500 have the registries' error format", async () => {
  await using hark = await startTestApplication({ registry: true });
  const citizen = hark.citizen("citizen-1");
  for (const path of [`${INBOX}/`, `${INBOX}/none`, "/api/none"]) {
    await assertProblem(await citizen("GET", path), "404 NOT_FOUND", path);
  }
  await hark.putMessage("citizen-1", { subject: "SUBJECTX" });
  await hark.db.write([
    "ALTER TABLE inboxes RENAME TO gone",
    "UPDATE inbox_messages SET sealed=x'00'",
  ]);
  for (const path of [INBOX, COUNT, STREAM]) {
    await assertProblem(await citizen("GET", path), "500 INTERNAL_SERVER_ERROR", path);
  }
  assert.equal((await hark.log()).filter(({ event }) => event === "error").length, 3);
});

Deno.test("/api/notifications/inbox: 404 when no keys to verify tokens are configured", async () => {
  await using hark = await startTestApplication();
  for (const [method, path] of ROUTES) {
    await assertProblem(await hark.request(path, { method }), "404 NOT_FOUND", path);
  }
});

Deno.test("/api/notifications/inbox: logs no token, no recipient and no content", async () => {
  await using hark = await startTestApplication({ registry: true });
  const id = await hark.putMessage("oksana", { subject: "SUBJECTX", body: "BODYX" });
  const citizen = hark.citizen("oksana", { drfo: "1234567890" });
  await citizen("GET", `${INBOX}?limit=secret-limit`);
  await citizen("GET", INBOX);
  await citizen("POST", ackOf(id));
  await citizen("POST", ackOf("oksana"));
  const lines = await hark.log();
  const logged = JSON.stringify(lines);
  for (const secret of ["oksana", "SUBJECTX", "BODYX", "1234567890", "secret-limit", "eyJ"]) {
    assert.ok(!logged.includes(secret), secret);
  }
  assert.deepEqual(
    lines.filter(({ route }) => route === ackOf(id)).map(({ service_id }) => service_id),
    [hark.registryServiceId],
  );
});

const PEOPLE = ["citizen-1", "citizen-2", "citizen 3 "] as const;

Deno.test("/api/notifications/inbox: shows and changes only the caller's own messages", async () => {
  await using hark = await startTestApplication({ registry: true });
  const person = fc.constantFrom(...PEOPLE);
  const nth = fc.nat(30);
  const action = fc.oneof(
    fc.record({ kind: fc.constant("put" as const), person, nth }),
    fc.record({ kind: fc.constant("ack" as const), person, nth }),
    fc.record({ kind: fc.constant("ack-all" as const), person, nth }),
    fc.record({ kind: fc.constant("offset" as const), person, nth }),
    fc.record({ kind: fc.constant("after" as const), person, nth }),
    fc.record({ kind: fc.constant("stream" as const), person, nth }),
  );
  let run = 0;
  const property = fc.asyncProperty(
    fc.array(action, { minLength: 3, maxLength: 25 }),
    async (actions) => {
      const nameOf = (person: string) => `${person}${run}`;
      run++;
      const owners = new Map<string, string>();
      const seen = new Set<string>();
      const ids: string[] = [];
      for (const { kind, person, nth } of actions) {
        const own = nameOf(person);
        const citizen = hark.citizen(own);
        const id = ids[nth % Math.max(ids.length, 1)];
        const unread = nth % 2 === 0;
        if (kind === "put") {
          const put = await hark.putMessage(own, { subject: own });
          ids.push(put);
          owners.set(put, own);
        } else if (kind === "ack" && id !== undefined) {
          const { status } = await citizen("POST", ackOf(id));
          assert.equal(status, owners.get(id) === own ? 200 : 403);
          if (status === 200) seen.add(id);
        } else if (kind === "ack-all") {
          await citizen("POST", ACK_ALL);
          for (const [id, owner] of owners) if (owner === own) seen.add(id);
        } else if (kind === "stream") {
          await using reader = readEvents(
            await citizen("GET", `${STREAM}?lastEventId=${nth % 5}`),
          );
          for (const { event, data } of await reader.upTo("count")) {
            if (event === "message") assert.equal(data.subject, own);
            if (event === "ack") assert.equal(owners.get(data.id), own);
          }
        } else if (kind === "offset" || kind === "after") {
          const from = kind === "offset" || id === undefined ? `offset=${nth % 4}` : `after=${id}`;
          const list = await bodyOf(
            await citizen("GET", `${INBOX}?${from}&unread=${unread}`),
            200,
          );
          for (const message of list) {
            assert.equal(owners.get(message.id), own);
            assert.equal(message.subject, own);
            assert.equal(message.isAcknowledged, seen.has(message.id));
          }
        }
      }
      for (const person of PEOPLE) {
        const own = ids.filter((id) => owners.get(id) === nameOf(person));
        const citizen = hark.citizen(nameOf(person));
        const list = await bodyOf(await citizen("GET", `${INBOX}?limit=100`), 200);
        assert.deepEqual(
          list.map(({ id }: { readonly id: string }) => id),
          own.toReversed(),
        );
        assert.deepEqual(await bodyOf(await citizen("GET", COUNT), 200), {
          total: own.length,
          unread: own.filter((id) => !seen.has(id)).length,
        });
      }
    },
  );
  await fc.assert(property, { numRuns: RUNNER === "process" ? 40 : 4 });
});
