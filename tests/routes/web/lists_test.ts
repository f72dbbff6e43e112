/** Sending to a list through the pages. */
import assert from "node:assert/strict";
import { START_DELAY_MS } from "../../../domain/jobs/list_draft.ts";
import {
  jobOf,
  listOf,
  openListScene,
  press,
  send,
  uploadFile,
  uploadList,
  work,
} from "./lists_support.ts";

Deno.test("pages of lists: a list with the right headings is checked, sent after 30 seconds, and its progress shown", async () => {
  await using scene = await openListScene({ moves: true });
  const { client, hark } = scene;
  const draft = await uploadList(scene, listOf(["Ann", "Bob"]));
  const check = await client.get(draft);
  assert.equal(check.status, 200);
  assert.match(check.text, /Check, then send to 2 people/);
  assert.match(check.text, /Dear Ann, your permit is due/);
  const path = await send(scene, draft);
  const job = await jobOf(scene, path);
  assert.equal(job.status, "scheduled");
  assert.equal(Date.parse(job.scheduled_for) - Date.parse(job.created_at) <= START_DELAY_MS, true);
  await work(scene);
  const texts = async () =>
    (await hark.sent()).filter(({ text }) => text.includes("permit")).length;
  assert.equal(await texts(), 0);
  scene.pass(START_DELAY_MS);
  await work(scene);
  assert.equal(await texts(), 2);
  const shown = await client.get(path);
  assert.match(shown.text, /<progress max="2" value="2"/);
  assert.match(shown.text, /Sent by<\/dt><dd><bdi>You/);
  const fragment = await client.get(`${path}/progress`);
  assert.match(fragment.text, /^<div class="stack" data-state="finished false" data-ended/);
});

Deno.test("pages of lists: a list is sent once, however often its button is pressed", async () => {
  await using scene = await openListScene();
  const draft = await uploadList(scene, listOf(["Ann"]));
  const page = await scene.client.get(draft);
  const [, token = ""] = /name="csrf_token" value="([^"]+)"/.exec(page.text) ?? [];
  const fields = { action: "send", when: "now", csrf_token: token };
  const post = () => scene.client.post(draft, fields, { from: "/services" });
  const answers = await Promise.all([post(), post(), post()]);
  answers.push(await post());
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [303]);
  assert.equal(new Set(answers.map(({ location }) => location)).size, 1);
  const back = await scene.client.get(draft);
  assert.deepEqual([back.status, back.location], [303, answers[0]?.location]);
  const jobs = await (await scene.hark.manage("GET", `/manage/services/${scene.serviceId}/jobs`))
    .json();
  assert.equal(jobs.jobs.length, 1);
});

Deno.test("pages of lists: an unknown action changes nothing, and a list that waits is counted on the overview", async () => {
  await using scene = await openListScene({ moves: true });
  const { client, serviceId } = scene;
  const draft = await uploadList(scene, listOf(["Ann", "Bob"]));
  assert.equal((await press(scene, draft, { action: "nope" })).status, 403);
  assert.equal((await client.get(draft)).status, 200);
  await send(scene, draft);
  scene.pass(START_DELAY_MS);
  await work(scene);
  const before = await client.get(`/services/${serviceId}`);
  assert.match(before.text, /Waiting for a later time: 0/);
  assert.doesNotMatch(before.text, /In lists that wait/);
  await send(scene, await uploadList(scene, listOf(["Cal", "Dan"])));
  const overview = await client.get(`/services/${serviceId}`);
  assert.match(overview.text, /Waiting for a later time: 0/);
  assert.match(overview.text, /\/lists">In lists that wait: 2</);
});

Deno.test("pages of lists: a template that was archived meanwhile stops the list, which stays as it was", async () => {
  await using scene = await openListScene();
  const { client, hark, serviceId, templateId } = scene;
  const draft = await uploadList(scene, listOf(["Ann"]));
  const template = `/manage/services/${serviceId}/templates/${templateId}`;
  assert.equal((await hark.manage("DELETE", template)).status, 204);
  const refused = await press(scene, draft, { action: "send", when: "now" });
  assert.equal(refused.status, 422);
  assert.match(refused.text, /The template was archived meanwhile/);
  assert.match((await client.get(draft)).text, /send to 1 person/);
  const jobs = await (await hark.manage("GET", `/manage/services/${serviceId}/jobs`)).json();
  assert.deepEqual(jobs.jobs, []);
});

Deno.test("pages of lists: Stop within 30 seconds takes the list back whole, and it can be sent again", async () => {
  await using scene = await openListScene({ moves: true });
  const { client, hark } = scene;
  const draft = await uploadList(scene, listOf(["Ann", "Bob"]));
  const path = await send(scene, draft);
  scene.pass(START_DELAY_MS - 1_000);
  await work(scene);
  const stopped = await client.post(`${path}/change`, { action: "stop" }, {
    from: path,
    without: ["action"],
  });
  assert.equal(stopped.location, path);
  const again = await client.post(`${path}/change`, { action: "stop" }, {
    from: path,
    without: ["action"],
  });
  assert.equal(again.location, path);
  scene.pass(START_DELAY_MS);
  await work(scene);
  const sentOf = async () =>
    (await hark.sent()).filter(({ text }) => text.includes("permit")).length;
  assert.equal(await sentOf(), 0);
  assert.equal((await jobOf(scene, path)).status, "cancelled");
  assert.match((await client.get(path)).text, /Stopped\. Nothing was sent/);
  assert.match((await client.get(draft)).text, /send to 2 people/);
  const second = await send(scene, draft);
  assert.notEqual(second, path);
  scene.pass(START_DELAY_MS);
  await work(scene);
  assert.equal(await sentOf(), 2);
  const late = await client.post(`${second}/change`, { action: "stop" }, {
    from: second,
    without: ["action"],
  });
  assert.equal(late.location, `${second}?too_late=1`);
});

Deno.test("pages of lists: columns are guessed by their names, confirmed, and changed by choice", async () => {
  await using scene = await openListScene();
  const { client } = scene;
  const list = "Mobile,First,NAME ,What\n07700900001,x,Ann,permit\n";
  const draft = await uploadList(scene, list);
  const columns = await client.get(draft);
  assert.match(columns.text, /Which column is which/);
  assert.match(columns.text, /<option value="0" selected="">Mobile/);
  const chosen = { action: "columns", column_0: "0", column_1: "2", column_2: "" };
  const missing = await press(scene, draft, chosen);
  assert.equal(missing.status, 422);
  assert.match(missing.text, /Choose the column for “item”/);
  const twice = await press(scene, draft, { ...chosen, column_2: "2" });
  assert.equal(twice.location, draft);
  assert.match((await client.get(draft)).text, /Dear Ann, your Ann is due/);
  const columnsAgain = await client.get(`${draft}?step=columns`);
  assert.equal(columnsAgain.text.match(/<option value="2" selected="">/g)?.length, 2);
  const done = await press(scene, draft, { ...chosen, column_2: "3" });
  assert.equal(done.location, draft);
  assert.match((await client.get(draft)).text, /Dear Ann, your permit is due/);
  await press(scene, draft, { action: "columns", column_0: "0", column_1: "1", column_2: "3" });
  assert.match((await client.get(draft)).text, /Dear x, your permit is due/);
});

Deno.test("pages of lists: a column is guessed by the only heading that ends with the placeholder's name", async () => {
  await using scene = await openListScene({
    body: "Dear ((name)), on ((date))((bring?? with it))",
  });
  const list = "Full name;Mobile;Date of birth;Note\nAnn Lee;07900900201;1 May;yes\n";
  const { text } = await scene.client.get(await uploadList(scene, list));
  assert.match(text, /Some columns have other names than the template uses/);
  assert.doesNotMatch(text, /Your file is missing/);
  assert.match(
    text,
    /name="column_1"><option value="">[^<]+<\/option><option value="0" selected="">/,
  );
  assert.match(text, /name="column_2"><option value="">(?:(?!selected).)+<\/select>/);
  assert.match(text, /Each row says yes or no[^<]+<\/div><select id="column_3"/);
  const upload = await scene.client.get(scene.uploadPath);
  assert.match(upload.text, /<li dir="auto">bring \(yes or no\)<\/li>/);
});

Deno.test("pages of lists: a name is not guessed when two headings end with it", async () => {
  await using scene = await openListScene({ body: "Dear ((name))" });
  const list = "First name;Last name;Mobile\nAnn;Lee;07900900201\n";
  const { text } = await scene.client.get(await uploadList(scene, list));
  assert.match(text, /name="column_1"><option value="">(?:(?!selected).)+<\/select>/);
});

Deno.test("pages of lists: a day with Now is refused at the choice, and nothing is sent", async () => {
  await using scene = await openListScene();
  const draft = await uploadList(scene, listOf(["Ann"]));
  const answer = await press(scene, draft, {
    action: "send",
    when: "now",
    date: "2031-05-14",
    time: "",
  });
  assert.equal(answer.status, 422);
  assert.match(
    answer.text,
    /href="#when">You entered a day or a time. Choose “Later”, or empty both/,
  );
  assert.match(answer.text, /value="2031-05-14"/);
});

Deno.test("pages of lists: rows with errors are shown at their cells, downloaded with the reason, and left out", async () => {
  await using scene = await openListScene({ moves: true });
  const { client, hark } = scene;
  const rows = [
    "07700900001,Ann,permit",
    "123,Bob,permit",
    "07700900002,,permit",
    '=HYPERLINK("x"),Eve,permit',
  ];
  const draft = await uploadList(scene, `phone number,name,item\n${rows.join("\n")}\n`);
  const page = await client.get(draft);
  assert.match(page.text, /3 rows cannot be sent/);
  assert.match(page.text, /<th scope="row" dir="auto">Row 3<\/th>/);
  const errors = await client.get(`${draft}/errors.csv`);
  assert.equal(errors.headers.get("content-disposition"), 'attachment; filename="errors.csv"');
  const lines = errors.text.trimEnd().split("\r\n");
  assert.equal(lines[0], "phone number,name,item,What is wrong with this row");
  assert.equal(lines.length, 4, errors.text);
  assert.match(lines[1] ?? "", /^123,Bob,permit,Mobile number is too short/);
  assert.match(lines[3] ?? "", /^"'=HYPERLINK/);
  await press(scene, draft, { action: "skip" });
  const check = await client.get(draft);
  assert.match(check.text, /send to 1 person/);
  assert.match(check.text, /3 rows with errors are left out/);
  assert.match(check.text, /Dear Ann, your permit is due/);
  assert.doesNotMatch(check.text, /Dear (?:Bob|Eve)/, "no message of a row that is left out");
  assert.match((await client.get(`${draft}?row=3`)).text, /Dear Bob, your permit is due/);
  const path = await send(scene, draft);
  const job = await jobOf(scene, path);
  assert.deepEqual([job.rows, job.left_out], [1, 3]);
  scene.pass(START_DELAY_MS);
  await work(scene);
  assert.equal((await hark.sent()).filter(({ text }) => text.includes("permit")).length, 1);
});

Deno.test("pages of lists: an upload that breaks off keeps nothing", async () => {
  await using scene = await openListScene();
  const answer = await uploadFile(scene, listOf(Array.from({ length: 2_000 }, () => "Ann")), {
    async body(form) {
      const bytes = new Uint8Array(await form.arrayBuffer());
      return {
        body: bytes.slice(0, Math.floor(bytes.length * 0.9)),
        headers: { "content-type": form.headers.get("content-type") ?? "" },
      };
    },
  });
  assert.equal(answer.status, 422);
  assert.match(answer.text, /The upload broke off before its end/);
  const [left] = await scene.hark.db.read([
    "SELECT (SELECT count(*) FROM job_parts) AS parts, (SELECT count(*) FROM list_drafts) AS drafts",
  ]);
  assert.deepEqual({ ...left?.rows[0] }, { parts: 0, drafts: 0 });
});
