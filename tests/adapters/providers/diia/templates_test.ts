import assert from "node:assert/strict";
import { createDiia, type Diia } from "../../../../adapters/providers/diia/diia.ts";
import { MAX_DIIA_ID_LENGTH } from "../../../../adapters/providers/diia/client.ts";
import {
  fromTemplateResponse,
  MAX_REFUSAL_LENGTH,
  toTemplateCall,
} from "../../../../adapters/providers/diia/templates.ts";
import {
  type DiiaTemplate,
  type DiiaTemplateRefusal,
  toDiiaTemplateJson,
} from "../../../../domain/ports/diia_templates.ts";
import { type DiiaOptions, type DiiaStandIn, startDiia } from "../../../support/stand_ins/diia.ts";
import { CALM, closedPort } from "../messages.ts";

const TEMPLATE: DiiaTemplate = {
  actionType: "DiiaActionType",
  templateType: "DiiaTemplateType",
  title: "diia-title",
  shortText: "DiiaShortText",
  fullText: "some long text",
};

async function withDiia(
  run: (diia: Diia, stand: DiiaStandIn) => Promise<void>,
  options: Partial<DiiaOptions> = {},
): Promise<void> {
  const stand = await startDiia({ partnerToken: "secret", ...options });
  const config = { baseUrl: stand.url, partnerToken: "secret", timeoutMs: 2000 };
  try {
    await run(createDiia(config, { fetch, now: Date.now }), stand);
  } finally {
    await stand.close();
  }
}

const LONGEST_ID = "t".repeat(MAX_DIIA_ID_LENGTH);

const refusedWith = (status: number, code: string, message: string): DiiaTemplateRefusal => ({
  kind: "diia-refused",
  status,
  code,
  message,
});
const unreachable = (code: string): DiiaTemplateRefusal => ({ kind: "diia-unreachable", code });

Deno.test("toDiiaTemplateJson: has the keys in the order of the registries' checksum", async () => {
  const json = toDiiaTemplateJson(TEMPLATE);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(json));
  assert.equal(
    new Uint8Array(digest).toHex(),
    "b873ee130819ed542ec8ce28ea74a5830ad17756c55557e5f21e30efbcf57785",
  );
  assert.equal(
    toDiiaTemplateJson({ ...TEMPLATE, title: null, fullText: "Ї\n{name}" }),
    '{"actionType":"DiiaActionType","templateType":"DiiaTemplateType","title":null,' +
      '"shortText":"DiiaShortText","fullText":"Ї\\n{name}"}',
  );
});

Deno.test("toTemplateCall: leaves out fields that Diia does not have", () => {
  const more = { ...TEMPLATE, id: "5" };
  assert.deepEqual(toTemplateCall(more), {
    method: "POST",
    path: "/api/v1/notification/template",
    body: toDiiaTemplateJson(TEMPLATE),
  });
});

Deno.test("fromTemplateResponse: returns the id, or the reason of a refusal", () => {
  const cases: readonly (readonly [number, unknown, string | DiiaTemplateRefusal])[] = [
    [201, { templateId: "t1" }, "t1"],
    [200, { templateId: "t1" }, "t1"],
    [201, { templateId: LONGEST_ID }, LONGEST_ID],
    [201, { templateId: `${LONGEST_ID}t` }, unreachable("bad-answer")],
    [201, { templateId: "" }, unreachable("bad-answer")],
    [201, undefined, unreachable("bad-answer")],
    [302, {}, unreachable("http-302")],
    [400, { code: 1007, message: "No", data: { a: 1 } }, refusedWith(400, "1007", "No")],
    [400, { code: "ERR_1", message: "No" }, refusedWith(400, "ERR_1", "No")],
    [400, { code: "two words", message: "No" }, refusedWith(400, "http-400", "No")],
    [400, { message: 5 }, refusedWith(400, "http-400", "")],
    [400, "<html>", refusedWith(400, "http-400", "")],
    [400, undefined, refusedWith(400, "http-400", "")],
    [401, {}, unreachable("http-401")],
    [
      403,
      { code: 403, message: '"createTemplate" scope required' },
      refusedWith(403, "403", '"createTemplate" scope required'),
    ],
    [404, { code: 404, message: "Not found" }, refusedWith(404, "404", "Not found")],
    [408, {}, unreachable("http-408")],
    [422, { code: 422, message: "a\r\n b\u2028c\u0000" }, refusedWith(422, "422", "a  b c")],
    [429, {}, unreachable("http-429")],
    [500, { message: "boom" }, unreachable("http-500")],
  ];
  for (const [status, body, expected] of cases) {
    const result = fromTemplateResponse({ status, body, retryAfter: undefined });
    const label = `${status} ${JSON.stringify(body)}`;
    assert.deepEqual(
      result,
      typeof expected === "string"
        ? { ok: true, value: { externalTemplateId: expected } }
        : { ok: false, refusal: expected },
      label,
    );
  }
});

Deno.test("fromTemplateResponse: truncates Diia's message between characters", () => {
  const lengthOf = (message: string) => {
    const result = fromTemplateResponse({ status: 422, body: { message }, retryAfter: undefined });
    assert(!result.ok && result.refusal.kind === "diia-refused");
    assert(result.refusal.message.isWellFormed());
    return [...result.refusal.message].length;
  };
  for (const character of ["ї", "😀"]) {
    assert.equal(lengthOf(character.repeat(MAX_REFUSAL_LENGTH)), MAX_REFUSAL_LENGTH);
    assert.equal(lengthOf(character.repeat(MAX_REFUSAL_LENGTH + 1)), MAX_REFUSAL_LENGTH);
  }
});

Deno.test("createDiia.publishTemplate: publishes a template and returns Diia's id of it", async () => {
  await withDiia(async (diia, stand) => {
    const result = await diia.publishTemplate(TEMPLATE, CALM);
    const [stored] = stand.templates;
    assert(stored !== undefined);
    assert.deepEqual(result, { ok: true, value: { externalTemplateId: stored.templateId } });
    assert.deepEqual(stored.fields, TEMPLATE);
  });
});

Deno.test("createDiia.publishTemplate: returns Diia's reason when it refuses a template or the partner", async () => {
  await withDiia(async (diia) => {
    const result = await diia.publishTemplate({ ...TEMPLATE, title: null }, CALM);
    const refusal = refusedWith(422, "422", "The 'title' field is required.");
    assert.deepEqual(result, { ok: false, refusal });
  });
  await withDiia(async (diia) => {
    const result = await diia.publishTemplate(TEMPLATE, CALM);
    const refusal = refusedWith(403, "403", '"createTemplate" scope required');
    assert.deepEqual(result, { ok: false, refusal });
  }, { scopes: ["createDistribution"] });
});

Deno.test("createDiia.publishTemplate: returns diia-unreachable when there is no answer", async () => {
  const config = { baseUrl: `http://127.0.0.1:${closedPort()}`, partnerToken: "secret" };
  const diia = createDiia(config, { fetch, now: Date.now });
  const result = await diia.publishTemplate(TEMPLATE, CALM);
  assert.deepEqual(result, { ok: false, refusal: unreachable("token-no-connection") });
  await withDiia(async (_, stand) => {
    const stranger = createDiia(
      { baseUrl: stand.url, partnerToken: "another" },
      { fetch, now: Date.now },
    );
    const result = await stranger.publishTemplate(TEMPLATE, CALM);
    assert.deepEqual(result, { ok: false, refusal: unreachable("token-http-404") });
  });
});
