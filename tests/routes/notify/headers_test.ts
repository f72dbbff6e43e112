import assert from "node:assert/strict";
import { startTestApplication } from "../../support/application.ts";
import { NO_ID } from "../support.ts";

Deno.test("answerJson: has the headers of the answers that Hono builds, with the request's id", async () => {
  await using hark = await startTestApplication();
  const { id: serviceId, keys: { live } } = await hark.newService();
  const template_id = await hark.newTemplate(serviceId, { channel: "sms", name: "A", body: "Hi" });
  const path = "/v2/notifications/sms";
  const built = await hark.as(live, "GET", `/v2/notifications/${NO_ID}`);
  const sent = await hark.as(live, "POST", path, { phone_number: "07900900123", template_id });
  const { id } = await sent.clone().json();
  const quick = [
    sent,
    await hark.as(live, "GET", `/v2/notifications/${id}`),
    await hark.as(live, "GET", "/v2/notifications"),
  ];
  // What a server of HTTP adds is not the application's.
  const own = new Set(["x-request-id", "content-length", "date"]);
  const namesAndValues = ({ headers }: Response) => [...headers].filter(([name]) => !own.has(name));
  assert.deepEqual(quick.map(({ status }) => status), [201, 200, 200]);
  const ids = new Set<string | null>();
  for (const answer of quick) {
    assert.deepEqual(namesAndValues(answer), namesAndValues(built));
    ids.add(answer.headers.get("x-request-id"));
  }
  const logged = (await hark.log()).filter(({ event }) => event === "request");
  for (const id of ids) assert.ok(logged.some(({ request_id }) => request_id === id));
  assert.equal(ids.size, quick.length);
});
