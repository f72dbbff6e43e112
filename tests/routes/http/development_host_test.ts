import assert from "node:assert/strict";
import { Hono } from "hono";
import { requireDevelopmentHost } from "../../../routes/http/development_host.ts";
import { test } from "../../support/runner.ts";

const app = new Hono()
  .use("/dev/*", requireDevelopmentHost("https://hark.example/"))
  .get("/dev/inbox", (c) => c.text("token"))
  .get("/healthz", (c) => c.text("ok"));

for (
  const host of [
    "localhost",
    "localhost:8787",
    "app.localhost",
    "127.0.0.1:8787",
    "127.8.0.1",
    "[::1]:8787",
    "hark.example",
  ]
) {
  test.inside(`requireDevelopmentHost: lets ${host} in`, async () => {
    const answer = await app.request(`http://${host}/dev/inbox`);
    assert.deepEqual([answer.status, await answer.text()], [200, "token"]);
  });
}

for (
  const host of [
    "attacker.example",
    "localhost.attacker.example",
    "127.0.0.1.attacker.example",
    "notlocalhost",
    "192.168.0.7",
    "[::2]",
    "sub.hark.example",
  ]
) {
  test.inside(`requireDevelopmentHost: answers 403 with the reason when the host is ${host}`, async () => {
    const answer = await app.request(`http://${host}/dev/inbox`);
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /^The pages below \/dev\/ answer at localhost /);
    assert.equal((await app.request(`http://${host}/healthz`)).status, 200);
  });
}
