/** What text messages cost, on the pages and in a dry run. */
import assert from "node:assert/strict";
import { START_DELAY_MS } from "../../../domain/jobs/list_draft.ts";
import { MAX_SHOWN_GROUPS } from "../../../routes/web/lists/list_cost.tsx";
import type { PageAnswer } from "../../support/web_client.ts";
import { bodyOf } from "../support.ts";
import { openListScene, send, uploadFile, uploadList, work } from "./lists_support.ts";

const SMS_PRICES = JSON.stringify({
  currency: "EUR",
  prices: { GB: "0.0420", UA: 0.055, "*": "0.1" },
});
/** A text with which a message takes two fragments. */
const LONG = "x".repeat(160);

const open = (environment: Readonly<Record<string, string>> = { SMS_PRICES }) =>
  openListScene({ moves: true, environment, body: "Dear ((name)), your ((item)) is due" });

/** The content of a page, without tags. */
function shown({ text }: PageAnswer): string {
  const main = /<main[^]*<\/main>/.exec(text)?.[0] ?? "";
  return main.replace(/<[^>]+>/g, " ").replaceAll("&#39;", "'").replace(/[\s\u00a0\u202f]+/g, " ");
}

Deno.test("pages: show what a text costs: in the editor by country, before and after it is sent, in the reader's language", async () => {
  await using scene = await open();
  const { hark, client, service, serviceId, templateId } = scene;
  const edit = `${service}/templates/${templateId}/edit`;
  const fields = { name: "Reminder", body: `Dear ((name)), ${LONG}`, do: "preview" };
  const editor = shown(await client.post(edit, fields));
  assert.match(editor, /charged as 2 text messages.*Cost: €0\.084 \(United Kingdom\)/);
  assert.match(editor, /other countries .* Ukraine €0\.11 Every other country €0\.20/);
  assert.doesNotMatch(editor, /No prices are set/);

  await bodyOf(
    await hark.manage("PATCH", `/manage${service}`, { international_sms: true, country: "UA" }),
    200,
  );
  const path = `${service}/templates/${templateId}/send`;
  const values = { value_0: "Ann", value_1: "permit", when: "now" };
  const check = (to: string) => client.post(path, { ...values, to, step: "check" });
  assert.match(shown(await check("050 123 45 67")), /Cost €0\.055 \(Ukraine\)/);
  assert.match(shown(await check("+447900900123")), /Cost €0\.042 \(United Kingdom\)/);
  assert.match(shown(await check("+48600123456")), /Cost €0\.10 \(Poland\)/);
  const sent = await client.post(path, { ...values, to: "0501234567", step: "send" });
  const id = sent.location?.split("/").at(-1);
  const message = `/services/${serviceId}/messages/${id}`;
  assert.match(shown(await client.get(message)), /Cost €0\.055 \(Ukraine\), at today’s prices/);
  client.cookies.set("hark_language", "uk");
  assert.match(shown(await client.get(message)), /Вартість 0,055 EUR \(Україна\)/);
  await hark.db.write(["UPDATE memberships SET roles = '[\"templates\"]'"]);
  assert.doesNotMatch(shown(await client.get(message)), /0,055/);
});

Deno.test("pages of lists: the check shows the cost of each row and of all, by country, from least to most; a dry run answers it", async () => {
  await using scene = await open();
  const { hark, client, service, templateId } = scene;
  const settings = { international_sms: true };
  await bodyOf(await hark.manage("PATCH", `/manage${service}`, settings), 200);
  const list = [
    "phone number,name,item",
    "07900900201,Ann,permit",
    "07900900202,Bob,permit",
    `+380501234567,Olha,${LONG}`,
    "+48600123456,Ewa,permit",
    "",
  ].join("\n");
  const draft = await uploadList(scene, list);
  const check = shown(await client.get(`${draft}?row=4`));
  assert.match(check, /Row 2 .* charged as 1 text message €0\.042 \(United Kingdom\)/);
  assert.match(check, /Row 4 .* charged as 2 text messages €0\.11 \(Ukraine\)/);
  assert.match(check, /Cost €0\.294 €0\.042 to €0\.11 each/);
  assert.match(
    check,
    /United Kingdom 1 2 €0\.042 €0\.084 Poland 1 1 €0\.10 €0\.10 Ukraine 2 1 €0\.11 €0\.11/,
  );
  await send(scene, draft);
  scene.pass(START_DELAY_MS);
  await work(scene);

  const upload = (query: string) =>
    hark.request(`/manage${service}/jobs?template_id=${templateId}&${query}`, {
      method: "POST",
      headers: {
        "Authorization": "Bearer operator-token-for-tests",
        "Content-Type": "text/csv",
      },
      body: list,
    });
  const { cost } = await bodyOf(await upload("dry_run=true"), 200);
  assert.deepEqual(cost, {
    currency: "EUR",
    total: "0.2940",
    least: "0.0420",
    most: "0.1100",
    without_price: 0,
    messages: [
      { country: "GB", fragments: 1, messages: 2, each: "0.0420" },
      { country: "PL", fragments: 1, messages: 1, each: "0.1000" },
      { country: "UA", fragments: 2, messages: 1, each: "0.1100" },
    ],
  });
});

Deno.test("pages: without prices they show fragments, say so, and tell an operator how prices are set; a country without one is named", async () => {
  await using scene = await open({});
  const { hark, client, service, templateId } = scene;
  const path = `${service}/templates/${templateId}/send`;
  const fields = { to: "07900900201", value_0: "Ann", value_1: "x", when: "now", step: "check" };
  const draft = await uploadList(scene, "phone number,name,item\n07900900201,Ann,permit\n");
  for (let time = 0; time < 2; time++) {
    const pages = [
      await client.get(`${service}/templates/${templateId}/edit`),
      await client.post(path, fields),
      await client.get(draft),
    ];
    for (const page of pages) {
      assert.match(shown(page), /as 1 text message.*No prices are set, so only the number/);
      assert.equal(/Set SMS_PRICES/.test(shown(page)), time === 1);
      assert.doesNotMatch(shown(page), /[€£]/);
    }
    await hark.db.write(["UPDATE users SET is_operator = 1"]);
  }

  await using other = await open({ SMS_PRICES: '{"currency":"UAH","prices":{"UA":"0.85"}}' });
  const checked = await other.client.post(
    `${other.service}/templates/${other.templateId}/send`,
    fields,
  );
  assert.match(shown(checked), /Cost United Kingdom: no price is set/);
  const list = await uploadList(other, "phone number,name,item\n07900900201,Ann,permit\n");
  assert.match(
    shown(await other.client.get(list)),
    /Cost no price 1 message to a country without a price.*United Kingdom 1 1 no price no price/,
  );
});

Deno.test("pages of lists: at most MAX_SHOWN_GROUPS kinds of messages are shown, and the others counted", async () => {
  await using scene = await open();
  const { hark, client, service } = scene;
  await bodyOf(await hark.manage("PATCH", `/manage${service}`, { international_sms: true }), 200);
  // Six lengths to each of some countries.
  const starts = [
    ...["+3805012345", "+486001234", "+4479009002", "+49170123451", "+3934712345", "+346123451"],
    ...["+316123451", "+467012341", "+47406123", "+358401234", "+3519123451", "+3069123451"],
    ...["+436641234", "+4206011234", "+4219121234", "+3598881234", "+4477979000"],
  ];
  const rows = starts.flatMap((start) =>
    [10, 200, 380, 530, 690, 840].map((length, at) =>
      `${start}${10 + at},Ann,${"x".repeat(length)}`
    )
  );
  const uploaded = await uploadFile(scene, ["phone number,name,item", ...rows, ""].join("\n"));
  const text = shown(await client.get(uploaded.location ?? ""));
  assert.ok(rows.length > MAX_SHOWN_GROUPS);
  assert.match(text, new RegExp(`and ${rows.length - MAX_SHOWN_GROUPS} more`), text.slice(0, 900));
});
