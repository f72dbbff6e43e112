import assert from "node:assert/strict";
import {
  ENOUGH_ISSUES,
  parseUserNotificationInSteps,
} from "../../../domain/registry/parse_user_notification.ts";
import { MAX_RECIPIENTS, userNotification } from "../../../domain/registry/user_notification.ts";
import { runSteps } from "../../../domain/steps/steps.ts";

const parse = (json: unknown) => runSteps(parseUserNotificationInSteps(json, undefined));
const messageTo = (recipients: unknown) => ({
  notification: { templateName: "a" },
  recipients,
});
const many = (count: number, make: (at: number) => unknown) =>
  Array.from({ length: count }, (_, at) => make(at));
const recipient = (at: number) => ({ id: `id-${at}`, channels: [{ channel: "Inbox" }] });

for (const count of [1, 100, 101, 250, MAX_RECIPIENTS]) {
  Deno.test(`parseUserNotificationInSteps: parses ${count} recipients as the schema does`, () => {
    const json = messageTo(many(count, recipient));
    assert.deepEqual(parse(json), { ok: true, value: userNotification.parse(json) });
  });
}

const WRONG: readonly (readonly [string, unknown])[] = [
  ["no object", "a"],
  ["no list of recipients", messageTo(undefined)],
  ["an empty list", messageTo([])],
  ["a recipient too many", messageTo(many(MAX_RECIPIENTS + 1, recipient))],
  [
    "a wrong recipient in each hundred",
    messageTo(many(250, (at) => at % 100 === 7 ? { id: at } : recipient(at))),
  ],
  [
    "a wrong name and a wrong recipient",
    {
      notification: { templateName: "" },
      recipients: many(250, (at) => at === 249 ? { id: 1 } : {}),
    },
  ],
];

for (const [name, json] of WRONG) {
  Deno.test(`parseUserNotificationInSteps: finds the schema's faults when there is ${name}`, () => {
    const parsed = parse(json);
    assert(!parsed.ok);
    const plain = (issues: readonly { readonly path: unknown; readonly message: string }[]) =>
      issues.map(({ path, message }) => ({ path, message }));
    assert.deepEqual(
      plain(parsed.refusal),
      plain(userNotification.safeParse(json).error?.issues ?? []),
    );
  });
}

Deno.test("parseUserNotificationInSteps: stops when it has found enough faults", () => {
  const parsed = parse(messageTo(many(MAX_RECIPIENTS, () => ({ id: 1 }))));
  assert(!parsed.ok);
  assert.equal(parsed.refusal.length, ENOUGH_ISSUES);
});
