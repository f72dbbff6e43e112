/** The parts of the Worker that a request loads, in a real workerd. */
import assert from "node:assert/strict";
import { Secret, TOTP } from "otpauth";
import { ADMIN_TOKEN } from "../support/application.ts";
import { WORKER_TEST } from "../support/workerd.ts";
import { BINDINGS, startHarkWorker } from "./hark_worker.ts";

const PUBLIC_URL = "https://hark.example.org";
const AUTHORIZATION = { Authorization: `Bearer ${ADMIN_TOKEN}` };

Deno.test("the Worker: many first requests at once load the same parts", WORKER_TEST, async () => {
  await using started = await startHarkWorker(BINDINGS);
  const { worker } = started;
  const paths = ["/sign-in", "/manage/services", "/unsubscribe/a/b", "/v2/notifications"];
  const answers = await Promise.all(
    Array.from({ length: 8 }).flatMap(() =>
      paths.map(async (path) => {
        const answer = await worker.fetch(path, { headers: AUTHORIZATION });
        await answer.text();
        return answer.status;
      })
    ),
  );
  assert.deepEqual(answers, Array.from({ length: 8 }).flatMap(() => [200, 200, 404, 403]));
});

Deno.test("the Worker: sets up an authenticator app, and takes its code", WORKER_TEST, async () => {
  await using started = await startHarkWorker({ ...BINDINGS, PUBLIC_URL, SMS_PROVIDER: "none" });
  const { worker } = started;
  const made = await worker.fetch("/manage/operators", {
    method: "POST",
    headers: { ...AUTHORIZATION, "Content-Type": "application/json" },
    body: JSON.stringify({ email_address: "ann@dept.gov.example" }),
  });
  const { pathname } = new URL((await made.json()).url);
  let cookie = "";
  const post = async (path: string, fields: Readonly<Record<string, string>>) => {
    const answer = await worker.fetch(path, {
      method: "POST",
      headers: {
        Origin: PUBLIC_URL,
        Cookie: cookie,
        "Content-Type": "application/x-www-form-urlencoded",
      },
      body: new URLSearchParams(fields).toString(),
    });
    cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    return answer;
  };
  const registered = await post(pathname, { name: "Ann", password: "violet kettle under snow" });
  assert.equal(registered.status, 303);
  const valueOf = (page: string, name: string) =>
    new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1] ?? "";
  const begin = await worker.fetch("/sign-in/app", { headers: { Cookie: cookie } });
  const csrf_token = valueOf(await begin.text(), "csrf_token");
  const page = await (await post("/sign-in/app", { csrf_token })).text();
  assert.match(page, /<svg/);
  const secret = valueOf(page, "secret");
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
  const uri = valueOf(page, "uri");
  const added = await post("/sign-in/app", { csrf_token, step: "code", secret, uri, code });
  assert.equal(added.headers.get("location"), "/services");
  const services = await worker.fetch("/services", { headers: { Cookie: cookie } });
  assert.equal(services.status, 200);
});
