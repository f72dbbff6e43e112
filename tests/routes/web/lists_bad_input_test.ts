/** Lists as people upload them: damaged, odd, too large, and with things that change meanwhile. */
import assert from "node:assert/strict";
import { CSV_MAX_ROWS } from "../../../domain/csv/limits.ts";
import { START_DELAY_MS } from "../../../domain/jobs/list_draft.ts";
import { MAX_FORM_FIELDS } from "../../../routes/http/multipart.ts";
import { MAX_PASTED_BYTES } from "../../../routes/web/lists/list_upload.ts";
import { ANN, registerPerson } from "../../support/web_client.ts";
import {
  jobOf,
  listOf,
  type ListScene,
  openListScene,
  press,
  send,
  uploadFile,
  uploadList,
  work,
} from "./lists_support.ts";

const BOB = { ...ANN, name: "Bob", email: "bob@dept.gov.example", mobile: "07900 900125" };

async function assertRefused(scene: ListScene, content: BlobPart, message: RegExp): Promise<void> {
  const answer = await uploadFile(scene, content);
  assert.equal(answer.status, 422);
  assert.match(answer.text, message);
}

Deno.test("pages of lists: files that are no list are refused with the reason, and nothing is kept", async () => {
  await using scene = await openListScene();
  await assertRefused(scene, "", /The file is empty/);
  await assertRefused(scene, "phone number,name,item\n", /column names but no rows below them/);
  await assertRefused(scene, "<!doctype html><html></html>", /This is a web page/);
  await assertRefused(scene, "%PDF-1.7 x", /This is a PDF/);
  const tooMany = `phone number,name,item\n${"1,a,b\n".repeat(CSV_MAX_ROWS + 1)}`;
  await assertRefused(scene, tooMany, /more than 100,000 rows/);
  const none = await uploadFile(scene, "", { name: "" });
  assert.match(none.text, /Choose a file/);
  const wrong = await uploadFile(scene, listOf(["Ann"]), { fields: { encoding: "klingon" } });
  assert.match(wrong.text, /no encoding with this name/);
  const fields = Object.fromEntries(
    Array.from({ length: MAX_FORM_FIELDS }, (_, at) => [`field_${at}`, "x"]),
  );
  assert.match((await uploadFile(scene, listOf(["Ann"]), { fields })).text, /Choose a file/);
  const forged = await uploadFile(scene, listOf(["Ann"]), { fields: { csrf_token: "x" } });
  assert.equal(forged.status, 403);
  const [left] = await scene.hark.db.read(["SELECT count(*) AS parts FROM job_parts"]);
  assert.equal(left?.rows[0]?.parts, 0);
});

Deno.test("pages of lists: the cause of missing columns is named: a title above them, names in two rows", async () => {
  await using scene = await openListScene({ body: "Dear ((family name)), your ((item)) is due" });
  const titled = `March,,\n${listOf(["Ann"], "phone number,family name,item")}`;
  assert.match(
    (await scene.client.get(await uploadList(scene, titled))).text,
    /row 1 looks like a title, and the column names stand in row 2/,
  );
  const split = "phone number,family,item\n,name,\n07900900201,Ann,permit\n";
  assert.match(
    (await scene.client.get(await uploadList(scene, split))).text,
    /its name stands in two rows, 1 and the next/,
  );
});

Deno.test("pages of lists: headings that differ by case and blanks are those of the template, also pasted from a web page", async () => {
  await using scene = await openListScene({ body: "Dear ((First name)), your ((ITEM)) is due" });
  const pasted = "PHONE_number\tfirstname \t item\n07900\u00a0900201\tAnn\u00a0\tpermit\n";
  const answer = await press(scene, scene.uploadPath, { pasted });
  assert.equal(answer.status, 303, answer.text);
  const check = await scene.client.get(answer.location ?? "");
  assert.match(check.text, /Dear Ann, your permit is due/);
  assert.match(check.text, /Pasted cells/);
  const empty = await press(scene, scene.uploadPath, { pasted: " \n" });
  assert.match(empty.text, /Paste some cells/);
  const tooLong = await press(scene, scene.uploadPath, { pasted: "x".repeat(MAX_PASTED_BYTES) });
  assert.equal(tooLong.status, 422);
  assert.match(tooLong.text, /more cells than can be pasted/);
});

Deno.test("pages of lists: a list in Windows-1251 asks whether its letters are right before it is sent", async () => {
  await using scene = await openListScene();
  const bytes = (text: string) =>
    Uint8Array.from(text, (letter) => {
      const code = letter.charCodeAt(0);
      return code < 128 ? code : code - 0x410 + 0xc0;
    });
  const draft = await uploadList(scene, bytes("phone number,name,item\n07900900201,Анна,permit\n"));
  const check = await scene.client.get(draft);
  const isUnsure = check.text.includes("It is not sure how the letters");
  assert.match(check.text, /Анна/);
  if (isUnsure) {
    const refused = await press(scene, draft, { action: "send", when: "now" });
    assert.match(refused.text, /Say whether the letters are right first/);
  }
  const sent = await press(scene, draft, { action: "send", when: "now", letters: "yes" });
  assert.equal((await jobOf(scene, sent.location ?? "")).status, "scheduled");
  const named = await uploadFile(
    scene,
    bytes("phone number,name,item\n07900900202,Анна,permit\n"),
    {
      fields: { encoding: "cp1251" },
    },
  );
  const certain = await scene.client.get(named.location ?? "");
  assert.doesNotMatch(certain.text, /It is not sure/);
});

Deno.test("pages of lists: repeated recipients are warned of, and can be sent to once; a list sent before is named", async () => {
  await using scene = await openListScene();
  const list = `${listOf(["Ann", "Bob"])}07900900200,Ann,permit\n`;
  const draft = await uploadList(scene, list);
  assert.match(
    (await scene.client.get(draft)).text,
    /1 row has a recipient/,
  );
  await press(scene, draft, { action: "once" });
  assert.match((await scene.client.get(draft)).text, /send to 2 people/);
  await press(scene, draft, { action: "put-back" });
  assert.match((await scene.client.get(draft)).text, /send to 3 people/);
  const path = await send(scene, draft);
  const again = await scene.client.get(await uploadList(scene, list));
  assert.match(again.text, /This list was sent with this template before/);
  assert.ok(again.text.includes(path));
});

Deno.test("pages of lists: in trial mode rows beyond the guest list are errors, and the page says why", async () => {
  await using scene = await openListScene({ mode: "trial" });
  const page = await scene.client.get(await uploadList(scene, listOf(["Ann"])));
  assert.match(page.text, /The service is in trial mode/);
  assert.match(page.text, /Not on the guest list/);
});

Deno.test("pages of lists: a template that changed is looked at again before the list is sent, an archived one is not sent", async () => {
  await using scene = await openListScene({ moves: true });
  const path = `/manage/services/${scene.serviceId}/templates/${scene.templateId}`;
  const draft = await uploadList(scene, listOf(["Ann"]));
  await scene.hark.manage("PUT", path, {
    name: "Reminder",
    body: "New words for ((name)), ((item))",
  });
  const refused = await press(scene, draft, { action: "send", when: "now" });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /has changed since you checked/);
  assert.match(refused.text, /New words for Ann, permit/);
  const sent = await send(scene, draft);
  assert.equal((await jobOf(scene, sent)).status, "scheduled");
  const second = await uploadList(scene, listOf(["Bob"]));
  const page = await scene.client.get(second);
  const [, csrf_token = ""] = /name="csrf_token" value="([^"]+)"/.exec(page.text) ?? [];
  await scene.hark.manage("DELETE", path);
  const gone = await scene.client.post(second, { action: "send", when: "now", csrf_token }, {
    from: "/services",
  });
  assert.equal(gone.status, 422);
  assert.match(gone.text, /The template was archived meanwhile, and cannot be sent/);
  scene.pass(START_DELAY_MS);
  await work(scene);
  assert.equal((await jobOf(scene, sent)).error, "template-archived");
});

Deno.test("pages of lists: a later time is by the service's clocks, and must be ahead", async () => {
  await using scene = await openListScene();
  const draft = await uploadList(scene, listOf(["Ann"]));
  const messageFor = async (date: string, time: string) => {
    const { status, text } = await press(scene, draft, {
      action: "send",
      when: "later",
      date,
      time,
    });
    assert.equal(status, 422);
    return text;
  };
  assert.match(await messageFor("", ""), /Enter a day and a time/);
  assert.match(await messageFor("2020-01-01", "09:00"), /This time has passed/);
  assert.match(await messageFor("2099-01-01", "09:00"), /within 30 days/);
  const at = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const later = { when: "later", date: at.slice(0, 10), time: "09:00" };
  const sent = await press(scene, draft, { action: "send", ...later });
  const job = await jobOf(scene, sent.location ?? "");
  assert.equal(job.scheduled_for, `${at.slice(0, 10)}T09:00:00.000Z`);
});

Deno.test("pages of lists: another person does not see an uploaded list, and a list goes on when its author is removed", async () => {
  await using scene = await openListScene({ moves: true });
  const { hark, service } = scene;
  const draft = await uploadList(scene, listOf(["Ann"]));
  const path = await send(scene, await uploadList(scene, listOf(["Bob"])));
  const bob = await registerPerson(hark, BOB);
  assert.equal((await bob.get(path)).status, 404);
  await scene.client.post(`${service}/team/invite`, {
    email_address: BOB.email,
    roles: ["send", "manage"],
  });
  await hark.settle();
  const invitation =
    (await hark.sent()).map(({ text }) => /(\/invitations\/[\w-]+)/.exec(text)?.[1])
      .find((found) => found !== undefined) ?? "";
  await bob.post(invitation, {});
  assert.equal((await bob.get(draft)).status, 404);
  assert.match((await bob.get(path)).text, /Sent by<\/dt><dd><bdi>Ann Clerk/);
  const [row] = await hark.db.read(["SELECT author_id FROM jobs WHERE author_id IS NOT NULL"]);
  assert.equal(row?.rows.length, 1);
  await hark.db.write(["DELETE FROM memberships WHERE user_id IN (SELECT author_id FROM jobs)"]);
  scene.pass(START_DELAY_MS);
  await work(scene);
  assert.equal((await jobOf(scene, path)).status, "finished");
  assert.match((await bob.get(path)).text, /Sent by<\/dt><dd><bdi>A member of the team/);
});

Deno.test("pages of lists: a file of 40 MB is read, and a row of it is found by its number", async () => {
  await using scene = await openListScene();
  const filler = "x".repeat(4_000);
  const rows = Array.from(
    { length: 10_000 },
    (_, at) => `0790${String(1_000_000 + at)},Person ${at},permit,${filler}`,
  );
  const draft = await uploadList(scene, `phone number,name,item,notes\n${rows.join("\n")}\n`);
  const page = await scene.client.get(`${draft}?row=9001`);
  assert.match(page.text, /send to 10,000 people/);
  assert.match(page.text, /Dear Person 8999, your permit/);
  assert.match(page.text, /Columns that the template does not use: notes/);
  assert.match((await scene.client.get(`${draft}?row=20000`)).text, /The list has no such row/);
});

Deno.test("pages of lists: a column is offered once where several have its heading, and one is found whose name every object has", async () => {
  await using scene = await openListScene({ body: "Dear ((name)), ((constructor)) is due" });
  const list = "Mobile,constructor,name,name\n07900900201,the permit,Ann,Bob\n";
  const { text } = await scene.client.get(await uploadList(scene, list));
  const fields = Array.from(
    text.matchAll(/<select id="column_[^]*?<\/select>/g),
    ([field]) => field,
  );
  const chosen = fields.map((field) => / selected[^>]*>([^<]*)</.exec(field)?.[1]);
  assert.deepEqual(chosen, ["Mobile", "name", "constructor"]);
  for (const field of fields) assert.equal(field.match(/>name</g)?.length, 1);
  const wrong = await uploadList(scene, "phone number,name,constructor\n07900900201,Ann,\n");
  const rows = await scene.client.get(wrong);
  assert.match(rows.text, /<bdi>constructor<\/bdi>/);
});
