import assert from "node:assert/strict";
import { LONGEST_EMPTY } from "../../../domain/registry/template_draft.ts";
import { checkDraft } from "../../support/check_templates.ts";

function check(content: string) {
  return checkDraft({
    channel: "email",
    name: "empty",
    title: "A title",
    content,
    attributes: [],
  });
}

Deno.test("checkDraft: refuses a text that shows nothing, if it is not too long to be filled", () => {
  const empty = "<p></p>";
  const longest = empty.padEnd(LONGEST_EMPTY);
  for (const content of [empty, longest]) {
    const checked = check(content);
    assert.equal(checked.ok, false);
    assert.equal(checked.refusal.kind, "content-not-valid");
  }
  assert.equal(check(`${longest} `).ok, true);
  assert.equal(check("<p>a</p>").ok, true);
});
