/** What a person who may send, and may not see recipients, learns of suppressed recipients before sending. */
import assert from "node:assert/strict";
import { START_DELAY_MS } from "../../../domain/jobs/list_draft.ts";
import type { Fields, PageAnswer } from "../../support/web_client.ts";
import { bodyOf } from "../support.ts";
import { jobOf, type ListScene, openListScene, send, uploadList, work } from "./lists_support.ts";

const SUPPRESSED = "07900900200";
const OTHER = "07900900201";

/** A live service with a suppressed recipient. */
async function openScene(): Promise<ListScene> {
  const scene = await openListScene({ moves: true });
  const { hark, serviceId } = scene;
  const body = { channel: "sms", recipient: SUPPRESSED, reason: "asked" };
  const added = await hark.manage("POST", `/manage/services/${serviceId}/suppressions`, body);
  await bodyOf(added, 201);
  return scene;
}

/** Makes the person of the scene an operator who is no member of the service. */
async function leaveTeam({ hark }: ListScene): Promise<void> {
  await hark.db.write(["UPDATE users SET is_operator = 1", "DELETE FROM memberships"]);
}

/** The page's content without tags, and without what differs between two recipients. */
function shown({ text }: PageAnswer): string {
  const main = /<main[^]*<\/main>/.exec(text)?.[0] ?? "";
  return main.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ")
    .replaceAll(SUPPRESSED, "number").replaceAll(OTHER, "number");
}

Deno.test("pages of sending: the check answers an operator who is no member alike for suppressed and other recipients", async () => {
  await using scene = await openScene();
  const { client, service, templateId } = scene;
  const path = `${service}/templates/${templateId}/send`;
  const fill = (fields: Fields) =>
    client.post(path, { value_0: "Ann", value_1: "card", when: "now", step: "check", ...fields });
  const ofMember = await fill({ to: SUPPRESSED });
  assert.equal(ofMember.status, 422);
  assert.match(shown(ofMember), /Your team stopped messages/);

  await leaveTeam(scene);
  const checked = await fill({ to: SUPPRESSED });
  assert.equal(checked.status, 200);
  assert.equal(shown(checked), shown(await fill({ to: OTHER })));
  assert.doesNotMatch(shown(await fill({ to: SUPPRESSED, step: "edit" })), /stopped messages/);
  // The send refuses, and does not say why the recipient is suppressed.
  const refused = await fill({ to: SUPPRESSED, step: "send" });
  assert.equal(refused.status, 422);
  assert.doesNotMatch(shown(refused), /Your team stopped messages/);
  assert.equal((await client.get(`${service}/suppressed`)).status, 403);
});

Deno.test("pages of lists: the check and the file of bad rows tell an operator who is no member of no suppressed recipient", async () => {
  await using scene = await openScene();
  const { client, hark } = scene;
  const list = `phone number,name,item\n${SUPPRESSED},Ann,permit\n${OTHER},Bob,permit\n`;
  const ofMember = await uploadList(scene, list);
  assert.match(shown(await client.get(ofMember)), /opted out/);

  await leaveTeam(scene);
  const draft = await uploadList(scene, list.replace("Ann", "Cal"));
  const page = await client.get(draft);
  assert.match(shown(page), /Check, then send to 2 people/);
  assert.doesNotMatch(shown(page), /opted out/);
  assert.doesNotMatch((await client.get(`${draft}/errors.csv`)).text, /0790/);
  // The list is sent, and the message to the suppressed recipient ends without being sent.
  const path = await send(scene, draft);
  scene.pass(START_DELAY_MS);
  await work(scene);
  const texts = (await hark.sent()).filter(({ text }) => text.includes("permit"));
  assert.deepEqual(texts.map(({ text }) => /Dear (\w+)/.exec(text)?.[1]), ["Bob"]);
  const { counts } = await jobOf(scene, path);
  assert.deepEqual(counts, { delivered: 1, "permanent-failure": 1 });
});
