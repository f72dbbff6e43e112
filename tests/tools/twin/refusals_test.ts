import assert from "node:assert/strict";
import { MAX_BODY_BYTES, MAX_LISTED } from "../../../tools/twin/api.ts";
import { MAX_NEXT, MAX_RECEIPTS, MAX_TEXT, MAX_TIMES } from "../../../tools/twin/requests.ts";
import { MAX_STEPS, parseScriptFile } from "../../../tools/twin/script_file.ts";
import { NO_HARK, sendText, startTwin } from "./support.ts";

Deno.test("twin: refuses every wrong request precisely, and changes nothing", async () => {
  await using twin = await startTwin();
  const script = (fields: object) =>
    ["POST", "/twin/script", { provider: "twilio", ...fields }] as const;
  const inbound = (fields: object) =>
    ["POST", "/twin/inbound", {
      from: "+447700900123",
      to: "+447700900999",
      text: "Hi",
      ...fields,
    }] as const;
  const ANSWERS = "normal, slow, error, nonsense, reset, hang, lost, cut, receipt-first";
  const cases: readonly (readonly [readonly [string, string, unknown?], number, string])[] = [
    [["POST", "/twin/script", {}], 400, "provider must be the name of a provider"],
    [["POST", "/twin/script", []], 400, "The body must be a JSON object"],
    [["POST", "/twin/script", "{"], 400, "The body must be JSON"],
    [script({}), 400, "The script must have next, always or receipts"],
    [
      script({ provider: "vonages", always: null }),
      400,
      "provider must be one of twilio, postmark, diia, vonage, smtp",
    ],
    [script({ nxt: [] }), 400, "The body has the unknown field nxt"],
    [script({ next: [{ answer: "nope" }] }), 400, `next[0].answer must be one of ${ANSWERS}`],
    [script({ next: [{ answer: "slow", fro: "2s" }] }), 400, "next[0] has the unknown field fro"],
    [
      script({ next: [{ answer: "slow", for: "2" }] }),
      400,
      'next[0].for must be a duration up to 10 minutes, such as "2s"',
    ],
    [
      script({ next: [{ answer: "slow", for: "601s" }] }),
      400,
      'next[0].for must be a duration up to 10 minutes, such as "2s"',
    ],
    [
      script({ next: [{ answer: "reset", status: 500 }] }),
      400,
      "next[0].status is not for the answer reset",
    ],
    [
      script({ always: { answer: "error" } }),
      400,
      "always.status must be a number from 400 to 599",
    ],
    [
      script({ always: { answer: "error", status: 200 } }),
      400,
      "always.status must be a whole number from 400 to 599",
    ],
    [
      script({ always: { answer: "error", status: 500, accepted: true, retry_after: 1 } }),
      400,
      "always.retry_after is for errors without accepted",
    ],
    [script({ always: { answer: "slow", times: 2 } }), 400, "always.times is for next only"],
    [
      script({ next: [{ answer: "slow", times: MAX_NEXT + 1 }] }),
      400,
      `next[0].times must be a whole number from 1 to ${MAX_NEXT}`,
    ],
    [
      script({ next: Array(MAX_NEXT + 1).fill({ answer: "lost" }) }),
      400,
      `next must be a list of ${MAX_NEXT} at most`,
    ],
    [
      script({ receipts: Array(MAX_RECEIPTS + 1).fill({ status: "sent" }) }),
      400,
      `receipts must be a list of ${MAX_RECEIPTS} at most`,
    ],
    [
      script({ receipts: [{ status: "gone" }] }),
      400,
      "receipts[0].status must be one of queued, sending, sent, delivered, undelivered, failed, canceled with twilio",
    ],
    [
      script({ receipts: [{ status: "sent", after: "32d" }] }),
      400,
      'receipts[0].after must be a duration up to 31 days, such as "2h"',
    ],
    [
      script({ receipts: [{ status: "sent", times: MAX_TIMES + 1 }] }),
      400,
      `receipts[0].times must be a whole number from 1 to ${MAX_TIMES}`,
    ],
    [
      script({ provider: "postmark", receipts: [{ status: "Delivered", code: 1 }] }),
      400,
      "receipts[0].code is not a part of postmark's receipts",
    ],
    [
      script({ provider: "diia", receipts: [{ status: "sent", lost: true }] }),
      400,
      "receipts[0].lost is not possible with diia, which Hark asks for its receipts",
    ],
    [
      script({ provider: "diia", next: [{ answer: "receipt-first" }] }),
      400,
      "next[0].answer: diia sends no receipts, Hark asks for them",
    ],
    [
      ["POST", "/twin/clock", { advance: "3 days" }],
      400,
      'advance must be a duration of whole seconds from "1s" to "31d", such as "3d"',
    ],
    [
      ["POST", "/twin/clock", { advance: "500ms" }],
      400,
      'advance must be a duration of whole seconds from "1s" to "31d", such as "3d"',
    ],
    [
      ["POST", "/twin/clock", { advance: "32d" }],
      400,
      'advance must be a duration of whole seconds from "1s" to "31d", such as "3d"',
    ],
    [
      ["POST", "/twin/clock", { advance: "3d" }],
      502,
      `Hark does not answer at ${NO_HARK}: start it, or start the twin with --hark=…`,
    ],
    [
      ["POST", "/twin/receipts", { id: "x", status: "delivered" }],
      400,
      "id must be the id of a message, as GET /twin/messages has it",
    ],
    [inbound({ from: "" }), 400, 'from must be the number of a person, such as "+447700900123"'],
    [
      inbound({ text: "x".repeat(MAX_TEXT + 1) }),
      400,
      `text must be a text of ${MAX_TEXT} characters at most`,
    ],
    [
      script({ provider: "smtp", receipts: [{ status: "delivered" }] }),
      400,
      "receipts[0].status is not possible with smtp, which has no receipts",
    ],
    [
      script({ provider: "smtp", next: [{ answer: "receipt-first" }] }),
      400,
      "next[0].answer: smtp sends no receipts",
    ],
    ...[{ code: 1 }, { retry_after: 1 }, { accepted: true }].map((field) =>
      [
        script({ provider: "smtp", always: { answer: "error", status: 451, ...field } }),
        400,
        `always.${Object.keys(field)[0]} is not possible with smtp`,
      ] as const
    ),
    [
      inbound({ provider: "vonage", opt_out: "STOP" }),
      400,
      "opt_out is not possible with vonage: Hark recognises the words",
    ],
    [inbound({ opt_out: "END" }), 400, "opt_out must be STOP, START or HELP"],
    [inbound({ provider: "postmark" }), 400, "provider must be one of twilio, vonage"],
    [
      ["GET", "/twin/messages?limit=0"],
      400,
      `limit must be a whole number from 1 to ${MAX_LISTED}`,
    ],
    [
      ["GET", `/twin/messages?limit=${MAX_LISTED + 1}`],
      400,
      `limit must be a whole number from 1 to ${MAX_LISTED}`,
    ],
    [["GET", "/twin/messages?page=2"], 400, "The query has the unknown parameter page"],
    [
      ["GET", "/twin/messages?provider=x"],
      400,
      "provider must be one of twilio, postmark, diia, vonage, smtp",
    ],
    [
      ["POST", "/twin/script", " ".repeat(MAX_BODY_BYTES + 1)],
      413,
      `The body must have ${MAX_BODY_BYTES} bytes at most`,
    ],
  ];
  for (const [request, status, error] of cases) {
    assert.deepEqual(await twin.call(...request), { status, body: { error } });
  }
  const [twilio] = twin.providers;
  assert.ok(twilio !== undefined);
  assert.equal((await sendText(twilio)).status, 201);
  assert.deepEqual(
    twin.twin.messages().map(({ receipts }) => receipts.map(({ status }) => status)),
    [
      ["delivered"],
    ],
  );
});

Deno.test("docs/twin.md: has no body that the twin refuses", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/twin.md", import.meta.url));
  const bodies = [...page.matchAll(/^twin (script|clock|inbound|receipts) --json '(\{.*?\})'$/gms)];
  assert.ok(bodies.length > 8);
  await using twin = await startTwin();
  for (const [, path, template = ""] of bodies) {
    // A variable of the shell stands between the quotes.
    const body = template.replaceAll(/'"\$\w+"'/g, "x");
    const { status, body: answer } = await twin.call("POST", `/twin/${path}`, body);
    const isTaken = status === 204 || /^(?:Hark does not answer|id must be)/.test(answer.error);
    assert.ok(isTaken, `${body} ${answer?.error}`);
  }
  const [, file = ""] = /^```json\n(.*?)^```$/ms.exec(page) ?? [];
  assert.equal(parseScriptFile(file).ok, true);
});

Deno.test("parseScriptFile: names the first wrong step", () => {
  const many = JSON.stringify(Array(MAX_STEPS + 1).fill({ wait: { for: "1s" } }));
  const kinds = "script, clock, inbound, receipt, wait";
  const cases = [
    ["{}", `The file must be a JSON list of ${MAX_STEPS} steps at most`],
    ["[", `The file must be a JSON list of ${MAX_STEPS} steps at most`],
    [many, `The file must be a JSON list of ${MAX_STEPS} steps at most`],
    ["[1]", `step 1: A step must be an object with one of ${kinds}`],
    ['[{"wait":{"for":"1s"},"clock":{}}]', `step 1: A step must be an object with one of ${kinds}`],
    [
      '[{"wait":{"for":"1s"}},{"sleep":{}}]',
      `step 2: A step must be an object with one of ${kinds}`,
    ],
    ['[{"wait":{}}]', "step 1: wait: It must have either for or calls"],
    ['[{"wait":{"for":"1s","calls":1}}]', "step 1: wait: It must have either for or calls"],
    [
      '[{"clock":{"advance":3}}]',
      'step 1: clock: advance must be a duration of whole seconds from "1s" to "31d", such as "3d"',
    ],
  ] as const;
  for (const [text, refusal] of cases) {
    assert.deepEqual(parseScriptFile(text), { ok: false, refusal });
  }
});
