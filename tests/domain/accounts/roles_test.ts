import assert from "node:assert/strict";
import {
  may,
  parseRoles,
  type Permission,
  PERMISSIONS,
  type Role,
  ROLES,
} from "../../../domain/accounts/roles.ts";

const ALLOWED: Readonly<Record<Role | "no role" | "operator" | "stranger", readonly Permission[]>> =
  {
    "stranger": [],
    "no role": ["see-overview"],
    "view": ["see-overview", "see-messages"],
    "send": ["see-overview", "see-messages", "send"],
    "templates": ["see-overview", "change-templates"],
    "keys": ["see-overview", "change-keys"],
    "manage": ["see-overview", "change-settings", "change-team", "see-audit"],
    "operator": PERMISSIONS.filter((permission) => permission !== "see-messages"),
  };

function accessOf(who: keyof typeof ALLOWED) {
  if (who === "stranger") return { isOperator: false, roles: undefined };
  if (who === "operator") return { isOperator: true, roles: undefined };
  return { isOperator: false, roles: who === "no role" ? [] : [who] };
}

for (const [who, allowed] of Object.entries(ALLOWED) as [keyof typeof ALLOWED, Permission[]][]) {
  Deno.test(`may: ${who} is allowed ${allowed.join(", ") || "nothing"}`, () => {
    const access = accessOf(who);
    assert.deepEqual(PERMISSIONS.filter((permission) => may(access, permission)), allowed);
  });
}

Deno.test("may: an operator who is a member may see messages by the role", () => {
  assert.equal(may({ isOperator: true, roles: ["view"] }, "see-messages"), true);
  assert.equal(may({ isOperator: true, roles: ["keys"] }, "see-messages"), false);
});

Deno.test("parseRoles: takes names of roles, each once and in order, and nothing else", () => {
  assert.deepEqual(parseRoles(["manage", "view", "view"]), ["view", "manage"]);
  assert.deepEqual(parseRoles([]), []);
  assert.deepEqual(parseRoles([...ROLES]), ROLES);
  for (const value of [undefined, "view", ["owner"], [1], { 0: "view" }, ["toString"]]) {
    assert.equal(parseRoles(value), undefined);
  }
});
