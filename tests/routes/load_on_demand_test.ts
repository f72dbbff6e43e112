import assert from "node:assert/strict";
import { Hono } from "hono";
import type { AppEnv } from "../../routes/http/context.ts";
import { loadOnDemand, type Mount } from "../../routes/load_on_demand.ts";
import { test } from "../support/runner.ts";

/** An application with `/v2`, and with `/manage` and `/unsubscribe` from their first requests on. */
function openApp() {
  const loads: string[] = [];
  const later = (name: string) => async (): Promise<Mount> => {
    loads.push(name);
    await Promise.resolve();
    return (app) => app.get(`/${name}/:id`, (c) => c.text(`${name} ${c.req.param("id")}`));
  };
  const app = loadOnDemand((mounts) => {
    const app = new Hono<AppEnv>();
    app.get("/v2", (c) => c.text("v2"));
    for (const mount of mounts) mount(app);
    return app;
  }, { manage: later("manage"), unsubscribe: later("unsubscribe") });
  return { app, loads };
}

const textOf = async (app: Hono<AppEnv>, path: string) => await (await app.request(path)).text();

test.inside("loadOnDemand: loads an API by its first request, and answers that one", async () => {
  const { app, loads } = openApp();
  assert.equal(await textOf(app, "/v2"), "v2");
  assert.equal((await app.request("/managed")).status, 404);
  assert.deepEqual(loads, []);
  assert.equal(await textOf(app, "/manage/1"), "manage 1");
  assert.equal(await textOf(app, "/manage/2"), "manage 2");
  assert.deepEqual(loads, ["manage"]);
  assert.deepEqual(app.routes.map(({ path }) => path), ["/v2", "/manage/:id"]);
  assert.equal(await textOf(app, "/unsubscribe/3"), "unsubscribe 3");
  assert.equal(await textOf(app, "/manage/4"), "manage 4");
  assert.deepEqual(loads, ["manage", "unsubscribe"]);
});

test.inside("loadOnDemand: loads an API when the address is percent-encoded", async () => {
  const { app } = openApp();
  assert.equal(await textOf(app, "/%6danage/1"), "manage 1");
});

test.inside("loadOnDemand: answers every request when the first ones come together", async () => {
  const { app } = openApp();
  const paths = ["/manage/1", "/unsubscribe/2", "/manage/3", "/v2"];
  assert.deepEqual(
    await Promise.all(paths.map((path) => textOf(app, path))),
    ["manage 1", "unsubscribe 2", "manage 3", "v2"],
  );
});

test.inside("loadOnDemand: loads again when a load has failed", async () => {
  let fails = true;
  const app = loadOnDemand((mounts) => {
    const app = new Hono<AppEnv>();
    for (const mount of mounts) mount(app);
    return app;
  }, {
    manage() {
      if (fails) return Promise.reject(new Error("no module"));
      return Promise.resolve((app) => app.get("/manage", (c) => c.text("manage")));
    },
  });
  await assert.rejects(async () => await app.request("/manage"), /no module/);
  fails = false;
  assert.equal(await textOf(app, "/manage"), "manage");
});
