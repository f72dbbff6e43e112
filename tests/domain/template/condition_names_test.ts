import assert from "node:assert/strict";
import { conditionNames } from "../../../domain/template/condition_names.ts";
import { parseTemplate } from "../../../domain/template/parse_template.ts";

Deno.test("conditionNames: returns the placeholders that only decide whether a text is shown", () => {
  const namesOf = (body: string, subject: string | null = null) => [
    ...conditionNames(
      parseTemplate({
        channel: subject === null ? "sms" : "email",
        subject,
        body,
        syntax: "notify",
      }),
    ),
  ];
  assert.deepEqual(namesOf("Hello ((name)). ((late??You are late.))((Late??Come soon.))"), [
    "late",
  ]);
  assert.deepEqual(namesOf("((name??Hello)) ((NAME))"), []);
  assert.deepEqual(namesOf("((name??Hello))", "To ((name))"), []);
  assert.deepEqual(namesOf("Hello"), []);
});
