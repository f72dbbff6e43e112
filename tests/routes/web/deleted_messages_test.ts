/** The page of a message whose content retention has deleted. */
import assert from "node:assert/strict";
import { createRetention } from "../../../adapters/libsql/notifications/retention.ts";
import { TIMELINES_KEPT_MS } from "../../../domain/notification/deleted_message.ts";
import { DAY_MS } from "../../../domain/time/durations.ts";
import { startTestApplication, type TestApplication } from "../../support/application.ts";
import { createService, openClient, registerPerson } from "../../support/web_client.ts";

/** Does what the upkeep does when messages are some days old. */
async function purge({ db }: TestApplication, days: number): Promise<void> {
  const { purge } = createRetention(db);
  while (await purge(Date.now() + days * DAY_MS, 100) > 0);
}

const plainText = (page: string) =>
  page.replaceAll(/<[^>]*>/g, " ").replaceAll("&nbsp;", " ").replaceAll(/\s+/g, " ");

/** A service with a message of an API key and one of a list, both delivered. */
async function openScene(hark: TestApplication) {
  const client = await registerPerson(hark);
  const path = await createService(client);
  const serviceId = path.replace("/services/", "");
  await (await hark.manage("PATCH", `/manage${path}`, { mode: "live" })).body?.cancel();
  const template = await hark.newTemplate(serviceId, {
    channel: "sms",
    name: "Reminder",
    body: "Hello ((name)), come tomorrow",
  });
  const made = await client.post(`${path}/keys/new`, { name: "case system", kind: "live" });
  const key = /id="key">([^<]+)</.exec(made.text)?.[1] ?? "";
  const answer = await hark.as(key, "POST", "/v2/notifications/sms", {
    phone_number: "07900 900123",
    template_id: template,
    personalisation: { name: "Olha" },
    reference: "case 7",
  });
  const { id } = await answer.json();
  const query = new URLSearchParams({ template_id: template, name: "October", file_name: "o.csv" });
  const upload = await hark.request(`/manage${path}/jobs?${query}`, {
    method: "POST",
    headers: { "Authorization": "Bearer operator-token-for-tests", "Content-Type": "text/csv" },
    body: "phone number,name\n07900900124,Secret Bob\n",
  });
  const { id: jobId } = await upload.json();
  await hark.settle();
  const { text } = await client.get(`${path}/messages.csv?list=${jobId}`);
  const ofList = /^([0-9a-f-]{36}),/m.exec(text)?.[1] ?? "";
  return { client, path, key, template, id: String(id), jobId: String(jobId), ofList };
}

Deno.test("GET …/messages/{id}: says that the content was deleted and shows the timeline, for a year", async () => {
  await using hark = await startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
  const { client, path, key, template, id, jobId, ofList } = await openScene(hark);
  const own = await client.get(`${path}/messages/${id}`);
  const timeline = /<ol class="list">[^]*?<\/ol>/.exec(own.text)?.[0] ?? "";
  assert.match(timeline, /Attempt 1: handed to sandbox/);
  await purge(hark, 8);

  const page = await client.get(`${path}/messages/${id}`);
  assert.equal(page.status, 200);
  assert.ok(page.text.includes(timeline), page.text);
  const shown = plainText(page.text);
  assert.match(shown, /Delivered The content was deleted after 7 days Hark deleted the recipient/);
  assert.match(shown, /Template Reminder , version 1/);
  assert.match(shown, /Accepted .* Taken by the provider .* Ended .* Provider sandbox/);
  assert.ok(shown.includes(template));
  assert.doesNotMatch(page.text, /900123|Olha|case 7|case system|come tomorrow|iframe/);
  // Nothing can be done with it.
  assert.doesNotMatch(page.text, /\/messages\/[0-9a-f-]+\/(?:cancel|resend|suppress|content)/);
  assert.equal((await client.get(`${path}/messages/${id}/content`)).status, 404);
  for (const action of ["cancel", "resend"]) {
    const answer = await client.post(`${path}/messages/${id}/${action}`, {});
    assert.equal(answer.status, 404, action);
  }

  const row = await client.get(`${path}/messages/${ofList}`);
  assert.match(row.text, new RegExp(`href="${path}/lists/${jobId}"`));
  assert.doesNotMatch(row.text, /900124|Secret Bob|row 2/);
  assert.equal((await client.get(`${path}/lists/${jobId}`)).status, 200);

  // The lists have none of them, and the APIs answer as for a message that never was.
  assert.doesNotMatch((await client.get(`${path}/messages`)).text, new RegExp(id));
  for (
    const answer of [
      await hark.as(key, "GET", `/v2/notifications/${id}`),
      await hark.as(key, "GET", `/notifications/${id}`),
      await hark.manage("GET", `/manage${path}/notifications/${id}/timeline`),
      await hark.manage("POST", `/manage${path}/notifications/${id}/resend`),
    ]
  ) {
    assert.equal(answer.status, 404);
    await answer.body?.cancel();
  }

  // Which retention deletes too.
  await hark.db.write([`UPDATE sessions SET expires_at = expires_at + ${2 * TIMELINES_KEPT_MS}`]);
  await purge(hark, 9 + TIMELINES_KEPT_MS / DAY_MS);
  assert.equal((await client.get(`${path}/messages/${id}`)).status, 404);
});

Deno.test("GET …/messages/{id}: a deleted message is shown in Ukrainian and without `view`, and to no other team", async () => {
  await using hark = await startTestApplication({ environment: { REGISTRATION_DOMAINS: "*" } });
  const { client, path, id } = await openScene(hark);
  const other = await createService(client, "Other");
  await purge(hark, 8);
  assert.equal((await client.get(`${other}/messages/${id}`)).status, 404);
  const stranger = openClient(hark);
  assert.equal((await stranger.get(`${path}/messages/${id}`)).status, 303);
  await hark.db.write([
    "UPDATE users SET language = 'uk'",
    "UPDATE memberships SET roles = '[\"templates\"]'",
  ]);
  client.cookies.set("hark_language", "uk");
  const page = await client.get(`${path}/messages/${id}`);
  assert.equal(page.status, 200);
  assert.match(plainText(page.text), /Вміст видалено. Термін зберігання: 7 днів/);
  assert.match(
    plainText(page.text),
    /Прийнято постачальником .* Завершено .* Постачальник sandbox/,
  );
  assert.doesNotMatch(page.text, /900123|Olha|case 7/);
  await hark.db.write(["DELETE FROM memberships"]);
  assert.equal((await client.get(`${path}/messages/${id}`)).status, 404);
});
