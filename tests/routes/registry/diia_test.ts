import assert from "node:assert/strict";
import { reset, status } from "../../support/stand_ins/scripted_server.ts";
import { test } from "../../support/runner.ts";
import { bodyOf, countOf, HOUR, SECOND } from "../support.ts";
import { RNOKPP, startRegistry, TIME } from "./support.ts";
import {
  ATTRIBUTES,
  CONTENT,
  message,
  PARTNER,
  publish,
  startBoth,
  toDiia,
} from "./diia_support.ts";

Deno.test("PUT …/templates/diia:{name}: publishes a new or changed template once, and does not call Diia for an unchanged one", async () => {
  await using both = await startBoth();
  const { hark, diia, clock } = both;
  const created = await bodyOf(await publish(hark), 201);
  assert.equal(diia.templates.length, 1);
  const [published] = diia.templates;
  assert.deepEqual(Object.entries(published?.fields ?? {}), [
    ["actionType", "message"],
    ["templateType", "attention"],
    ["title", "T"],
    ["shortText", "For {name}"],
    ["fullText", CONTENT],
  ]);
  assert.equal(created.externalTemplateId, published?.templateId);
  assert.match(created.externallyPublishedAt, TIME);
  const calls = diia.calls.length;
  assert.deepEqual(await bodyOf(await publish(hark), 200), created);
  const more = [...ATTRIBUTES, { name: "other", value: "1" }];
  assert.deepEqual((await bodyOf(await publish(hark, { attributes: more }), 200)).attributes, more);
  assert.equal(diia.calls.length, calls);
  const shorter = [...ATTRIBUTES.slice(0, 2), { name: "shortText", value: "Short" }];
  for (const change of [{ content: "Other" }, { title: "Other" }, { attributes: shorter }]) {
    clock.advance(SECOND);
    const changed = await bodyOf(await publish(hark, change), 200);
    assert.equal(changed.externalTemplateId, diia.templates.at(-1)?.templateId);
    assert.equal(changed.externallyPublishedAt, new Date(clock.now()).toISOString());
    assert.notEqual(changed.checksum, created.checksum);
  }
  assert.equal(diia.templates.length, 4);
});

Deno.test("PUT …/templates/diia:{name}: 502 with the reason when Diia refuses, and the earlier version stays in use", async () => {
  await using both = await startBoth();
  const { hark, diia, clock } = both;
  const created = await bodyOf(await publish(hark), 201);
  const refused = status(422, {
    name: "ValidationError",
    message: "The title is too long",
    code: 422,
  });
  for (
    const [behaviour, reason] of [
      [refused, "Diia refused the template: The title is too long"],
      [status(403, { message: '"createTemplate" scope required' }), "scope required"],
      [status(503), "Diia could not be reached (http-503): try again"],
    ] as const
  ) {
    diia.always(behaviour);
    const answer = await bodyOf(await publish(hark, { content: "New {name}" }), 502);
    assert.equal(answer.code, "502 BAD_GATEWAY");
    assert.ok(answer.message.includes(reason), answer.message);
    assert.ok(!JSON.stringify(answer).includes(PARTNER));
  }
  diia.always(undefined);
  assert.equal(await countOf(hark, "template_versions"), 1);
  await hark.send(message([toDiia(RNOKPP, { name: "Олена", count: 1 })]));
  await hark.settle();
  assert.equal(diia.distributions[0]?.templateId, created.externalTemplateId);
  clock.advance(HOUR);
  assert.equal(JSON.stringify(await hark.log()).includes(PARTNER), false);
});

// The test server of workerd turns a lost connection into a 500.
test.inside("PUT …/templates/diia:{name}: 502 when the connection to Diia is lost", async () => {
  await using both = await startBoth();
  const { hark, diia } = both;
  diia.always(reset());
  const { message } = await bodyOf(await publish(hark), 502);
  assert.equal(message, "Diia could not be reached (token-network): try again");
  assert.equal(await countOf(hark, "template_versions"), 0);
});

Deno.test("PUT …/templates/diia:{name}: names the missing settings when the deployment is not a partner of Diia", async () => {
  await using hark = await startRegistry({ withoutMailbox: true });
  const answer = await bodyOf(await publish(hark), 400);
  assert.equal(
    answer.message,
    "This deployment is no partner of Diia's: set DIIA_BASE_URL and DIIA_PARTNER_TOKEN",
  );
  assert.equal(await countOf(hark, "templates"), 0);
});

Deno.test("PUT …/templates/diia:{name}: concurrent requests create one version", async () => {
  await using both = await startBoth();
  const { hark, diia } = both;
  const answers = await Promise.all(Array.from({ length: 6 }, () => publish(hark)));
  assert.equal(answers.filter(({ status }) => status === 201).length, 1);
  for (const answer of answers) await answer.body?.cancel();
  assert.ok(diia.templates.length <= answers.length);
  assert.equal(await countOf(hark, "template_versions"), 1);
});
