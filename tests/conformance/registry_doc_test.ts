/** `docs/registry.md`, whose examples are run, and its Ukrainian translation. */
import assert from "node:assert/strict";
import { registryKeys, startTestApplication } from "../support/application.ts";
import { codeBlocks, differences, readCommands } from "../support/doc_examples.ts";
import { issueToken } from "../support/tokens.ts";

const ROOT = new URL("../../", import.meta.url);
const ENGLISH = Deno.readTextFileSync(new URL("docs/registry.md", ROOT));
const UKRAINIAN = Deno.readTextFileSync(new URL("docs/registry.uk.md", ROOT));

/** The methods and addresses that a page names, in order. */
const addressesOf = (page: string) =>
  Array.from(
    page.matchAll(/`((?:GET|PUT|POST|DELETE) \/[^`]+)`/g),
    ([, address = ""]) => address,
  );

/** The texts in code marks that a page names, each once: names of fields, variables, roles and codes. */
const termsOf = (page: string) =>
  [...new Set(Array.from(page.replace(/^```.*?^```$/gms, "").matchAll(/`([^`]+)`/g), ([, t]) => t))]
    .toSorted();

/** The page's shape: the level of each heading, and the number of rows of each table. */
const shapeOf = (page: string) =>
  page.split("\n").flatMap((line) => {
    const heading = /^#+ /.exec(line)?.[0];
    return heading ?? (/^\|/.test(line) ? "|" : []);
  });

Deno.test("docs/registry.md: every example answers as it is shown", async () => {
  await using hark = await startTestApplication({ registry: true });
  const keys = await registryKeys();
  const tokenOf = async (sub: string, roles: readonly string[]) =>
    await issueToken(keys, { sub, roles }, { now: Date.now() });
  const variables = new Map([
    ["HARK", "http://hark.test"],
    ["TOKEN", await tokenOf("demo-template-admin", ["template-admin"])],
    ["CITIZEN", await tokenOf("demo-citizen", ["citizen"])],
  ]);
  const spare = await hark.request("/api/notifications/templates/sms:spare", {
    method: "PUT",
    headers: { "x-access-token": variables.get("TOKEN") ?? "" },
    body: JSON.stringify({ content: "Hello" }),
  });
  assert.equal(spare.status, 201, await spare.text());
  const templates = async () => {
    const headers = { "x-access-token": variables.get("TOKEN") ?? "" };
    const list = await hark.request("/api/notifications/templates", { headers });
    return await list.json();
  };
  for (const { id, name } of await templates()) {
    if (name === "spare") variables.set("TEMPLATE_ID", id);
  }
  let shown: { readonly status: number; readonly text: string; readonly url: string } | undefined;
  let run = 0;
  let compared = 0;
  for (const { language, text } of codeBlocks(ENGLISH)) {
    if (language === "sh") {
      const mail = (await hark.sent()).map(({ text }) => /\b\d{6}\b/.exec(text)?.[0])
        .find((code) => code !== undefined);
      if (mail !== undefined) variables.set("CODE", mail);
      shown = undefined;
      for (const { url, ...request } of readCommands(text, variables)) {
        const answer = await hark.request(url, { ...request, body: request.body ?? null });
        shown = { status: answer.status, text: await answer.text(), url };
        assert.ok(answer.status < 300 || answer.status === 422, `${url}: ${shown.text}`);
        run++;
        await hark.settle();
      }
    } else if (language === "json") {
      const example: unknown = JSON.parse(text);
      if (shown === undefined) continue;
      const answer: unknown = JSON.parse(shown.text);
      // The list has the spare template beside the two of the example.
      const actual = Array.isArray(answer) ? answer.filter(({ name }) => name !== "spare") : answer;
      assert.deepEqual(differences(actual, example), [], `${shown.url}: ${shown.text}`);
      const first = Array.isArray(actual) ? actual[0] : undefined;
      if (first !== undefined && "isAcknowledged" in first) variables.set("ID", first.id);
      compared++;
      shown = undefined;
    } else {
      for (const [, data = ""] of text.matchAll(/^data: (.*)$/gm)) JSON.parse(data);
    }
  }
  assert.ok(run >= 16 && compared >= 11, `${run} requests and ${compared} answers`);
});

Deno.test("docs/registry.md: names every address of the registries' APIs", async () => {
  await using hark = await startTestApplication({ registry: true });
  const named = addressesOf(ENGLISH).map((address) =>
    address.replace(/\{[^}]*\}/g, "*").split("?")[0]
  );
  const served = hark.app.routes
    .filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"))
    .map(({ method, path }) => `${method} ${path.replace(/\/$/, "")}`)
    .map((address) => address.replace(":target", "*:*").replace(/:\w+(\{[^}]*\})?/g, "*"));
  for (const address of new Set(served)) {
    if (address.startsWith("DELETE")) {
      assert.ok(named.includes("DELETE /api/notifications/templates/*"));
    } else assert.ok(named.includes(address), address);
  }
});

Deno.test("docs/registry.uk.md: has the addresses, examples, terms and tables of the English page", () => {
  assert.deepEqual(addressesOf(UKRAINIAN), addressesOf(ENGLISH));
  assert.deepEqual(codeBlocks(UKRAINIAN), codeBlocks(ENGLISH));
  assert.deepEqual(termsOf(UKRAINIAN), termsOf(ENGLISH));
  assert.deepEqual(shapeOf(UKRAINIAN), shapeOf(ENGLISH));
});

Deno.test("differences: finds another value, a missing field and another length; ids and times may differ", () => {
  const id = "01a22677-df27-7000-b9e0-76e8ad7ba572";
  const shown = { id, at: "2026-11-29T08:41:59.811Z", list: [{ n: 1 }] };
  const actual = {
    id: crypto.randomUUID(),
    at: "2027-01-01T00:00:00.000Z",
    list: [{ n: 1 }],
    x: 1,
  };
  assert.deepEqual(differences(actual, shown), []);
  assert.deepEqual(differences({ ...actual, list: [{ n: 2 }] }, shown), ["$.list[0].n"]);
  assert.deepEqual(differences({ ...actual, list: [] }, shown), ["$.list"]);
  assert.deepEqual(differences({ ...actual, id: "x" }, shown), ["$.id"]);
  assert.deepEqual(differences({ id, at: actual.at }, shown), ["$.list"]);
});
