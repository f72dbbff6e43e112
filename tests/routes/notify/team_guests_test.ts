/** A service in trial mode, and team keys, send to the proved addresses of the service's team, in every API. */
import assert from "node:assert/strict";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { newMember } from "../manage/team_support.ts";
import {
  bodyOf,
  EMAIL,
  EMAIL_2016,
  emailTo,
  newServiceWithTemplates,
  type ServiceWithTemplates,
} from "../support.ts";

const ANN = "ann@dept.example";

/** The statuses of sending an e-mail to an address with a live and a team key, in both shapes of the API. */
async function statusesOf(hark: TestApplication, service: ServiceWithTemplates, to: string) {
  const statuses: number[] = [];
  for (const key of [service.keys.live, service.keys.team]) {
    const v2 = await hark.as(key, "POST", EMAIL, emailTo(service, { email_address: to }));
    const { email_address: _to, template_id: template, ...rest } = emailTo(service);
    const old = await hark.as(key, "POST", EMAIL_2016, { ...rest, to, template });
    for (const answer of [v2, old]) {
      await answer.body?.cancel();
      statuses.push(answer.status);
    }
  }
  return statuses;
}

Deno.test("a trial service: sends to its team's proved addresses, in every API, until the member is removed", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await newServiceWithTemplates(hark, { mode: "trial" });
  const other = await newServiceWithTemplates(hark, { mode: "trial" });
  assert.deepEqual(await statusesOf(hark, service, ANN), [400, 400, 400, 400]);
  const userId = await newMember(hark, service.id, ANN, []);
  assert.deepEqual(await statusesOf(hark, service, ANN.toUpperCase()), [201, 201, 201, 201]);
  assert.deepEqual(await statusesOf(hark, other, ANN), [400, 400, 400, 400]);
  const { email_addresses } = await bodyOf(
    await hark.manage("GET", `/manage/services/${service.id}/guests`),
    200,
  );
  assert.deepEqual(email_addresses, [], "the guest list itself has no address of the team");
  const member = `/manage/services/${service.id}/members/${userId}`;
  assert.equal((await hark.manage("DELETE", member)).status, 204);
  assert.deepEqual(await statusesOf(hark, service, ANN), [400, 400, 400, 400]);
});

Deno.test("a live service: its team key sends to the team's proved addresses, its live key to everybody", async () => {
  await using hark = await startTestApplication({ alone: true });
  const service = await newServiceWithTemplates(hark);
  assert.deepEqual(await statusesOf(hark, service, ANN), [201, 201, 400, 400]);
  await newMember(hark, service.id, ANN, ["view"]);
  assert.deepEqual(await statusesOf(hark, service, ANN), [201, 201, 201, 201]);
});
