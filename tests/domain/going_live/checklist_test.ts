import assert from "node:assert/strict";
import {
  evaluateChecklist,
  type GoLiveFacts,
  undoneOf,
} from "../../../domain/going_live/checklist.ts";
import { exampleFaultOf } from "../../../domain/going_live/example_words.ts";
import type { TemplateId } from "../../../domain/ids.ts";
import { type Channel, DEFAULT_SETTINGS } from "../../../domain/service/service.ts";

const REAL = { name: "Book due", subject: null, body: "Your book ((title)) is due tomorrow." };
const template = (channel: Channel) => ({ id: channel as string as TemplateId, channel, ...REAL });

Deno.test("exampleFaultOf: finds names and texts that were written to try something out", () => {
  const cases: readonly (readonly [string, string, "name" | "text" | undefined])[] = [
    ["Test", "Your book is due.", "name"],
    ["my template 2", "Your book is due.", "name"],
    ["123", "Your book is due.", "name"],
    ["Тестовий шаблон", "Вашу книгу час повернути.", "name"],
    ["Book due", "test", "text"],
    ["Book due", "Hello ((name))", "text"],
    ["Book due", "Lorem ipsum dolor sit amet", "text"],
    ["Book due", "Write to replies@example.com", "text"],
    ["Book due", "This is a test.", "text"],
    ["Запрошення", "Це тест", "text"],
    ["Book due", "Your book ((title)) is due tomorrow.", undefined],
    ["Test results", "Your test result is ready. Sign in to read it.", undefined],
    ["Driving test", "This is a test of your driving skills on ((date)).", undefined],
    ["Запрошення на прийом", "Ваш прийом ((дата)).", undefined],
  ];
  for (const [name, body, fault] of cases) {
    assert.equal(exampleFaultOf({ name, subject: null, body }), fault, `${name}: ${body}`);
  }
  assert.equal(exampleFaultOf({ ...REAL, subject: "Lorem ipsum" }), "text");
});

const NOTHING: GoLiveFacts = {
  templates: [],
  hasTwoManagers: false,
  senderChannels: [],
  deliveredChannels: [],
};
const FULL: GoLiveFacts = {
  templates: [template("sms"), template("email")],
  hasTwoManagers: true,
  senderChannels: ["sms", "email"],
  deliveredChannels: ["sms", "email"],
};
const service = (settings: Partial<typeof DEFAULT_SETTINGS> = {}) => ({
  settings: { ...DEFAULT_SETTINGS, purpose: "Reminds readers", ...settings },
});

Deno.test("undoneOf: evaluates each item by what is stored, those of channels in use only", () => {
  assert.deepEqual(undoneOf(service(), FULL), []);
  assert.deepEqual(undoneOf(service({ purpose: null }), NOTHING), [
    "purpose",
    "template",
    "managers",
    "test",
  ]);
  const changes: readonly (readonly [Partial<GoLiveFacts>, readonly string[]])[] = [
    [{ hasTwoManagers: false }, ["managers"]],
    [{ senderChannels: ["email"] }, ["sender"]],
    [{ senderChannels: ["sms"] }, ["reply-to"]],
    [{ senderChannels: ["sms"], templates: [template("sms")] }, []],
    [{ deliveredChannels: ["sms"] }, ["test"]],
    [{ deliveredChannels: ["sms"], templates: [template("sms")] }, []],
    [{ templates: [{ ...template("sms"), name: "Test" }] }, ["template"]],
  ];
  for (const [change, undone] of changes) {
    assert.deepEqual(undoneOf(service(), { ...FULL, ...change }), undone, JSON.stringify(change));
  }
  const withoutSender = { ...FULL, senderChannels: ["email"] as const };
  assert.deepEqual(undoneOf(service({ sms_sender: "LIBRARY" }), withoutSender), []);
  assert.deepEqual(
    undoneOf(service({ channels: ["sms"] }), { ...FULL, deliveredChannels: ["sms"] }),
    [],
  );
});

Deno.test("evaluateChecklist: names the channels without a test, and ends with what the form has", () => {
  const items = evaluateChecklist(service(), { ...FULL, deliveredChannels: ["sms"] }, false);
  assert.deepEqual(items.find(({ name }) => name === "test")?.channels, ["email"]);
  assert.deepEqual(items.slice(-3).map(({ name, isDone }) => [name, isDone]), [
    ["volume", false],
    ["contact", false],
    ["terms", false],
  ]);
});
