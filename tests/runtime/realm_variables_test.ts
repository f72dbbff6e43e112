import assert from "node:assert/strict";
import { ConfigError, readConfig, warningsOf } from "../../runtime/config.ts";
import { MAX_CLAIM_NAME_LENGTH, MAX_REALM_ISSUERS } from "../../runtime/realm_variables.ts";
import { MASTER_KEY } from "../fixtures/master_key.ts";
import { ADMIN_TOKEN } from "../support/application.ts";

const CITIZENS = "https://kc.example/auth/realms/citizen-portal";
const OFFICERS = "https://kc.example/auth/realms/officer-portal";
const BASE = {
  DATABASE_URL: "file:unused",
  MASTER_KEY,
  ADMIN_TOKEN,
  ACCESS_TOKEN_JWKS_URL: "https://kc.example/certs",
  ACCESS_TOKEN_ISSUER: `${CITIZENS},${OFFICERS}`,
};

const read = (variables: Readonly<Record<string, string>>) =>
  readConfig({ ...BASE, ...variables }, "development");

function problemOf(variables: Readonly<Record<string, string>>): string {
  try {
    read(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

Deno.test("readConfig: reads RECIPIENT_CLAIM and ACCESS_TOKEN_REALMS; neither is set by default", () => {
  assert.equal(read({}).registry.person, undefined);
  assert.deepEqual(read({ RECIPIENT_CLAIM: "preferred_username" }).registry.person, {
    claim: "preferred_username",
    realms: undefined,
  });
  for (
    const realms of [
      `${CITIZENS}=citizen,${OFFICERS}=officer`,
      ` ${CITIZENS} = CITIZEN , ${OFFICERS}=Officer `,
    ]
  ) {
    assert.deepEqual(read({ ACCESS_TOKEN_REALMS: realms }).registry.person, {
      claim: undefined,
      realms: new Map([[CITIZENS, "citizen"], [OFFICERS, "officer"]]),
    });
  }
});

Deno.test("readConfig: the last equals sign of an entry of ACCESS_TOKEN_REALMS separates the realm", () => {
  const issuer = "https://kc.example/?realm=a";
  const { person } = read({
    ACCESS_TOKEN_ISSUER: issuer,
    ACCESS_TOKEN_REALMS: `${issuer}=officer`,
  }).registry;
  assert.deepEqual(person?.realms, new Map([[issuer, "officer"]]));
});

Deno.test("readConfig: several issuers can have one realm, and an issuer none", () => {
  const realms = (text: string) =>
    read({ ACCESS_TOKEN_REALMS: text }).registry.person?.realms?.size;
  assert.equal(realms(`${CITIZENS}=citizen,${OFFICERS}=citizen`), 2);
  assert.equal(realms(`${OFFICERS}=officer`), 1);
});

Deno.test("readConfig: refuses malformed ACCESS_TOKEN_REALMS", () => {
  for (
    const bad of [
      "citizen",
      CITIZENS,
      `${CITIZENS}=`,
      `=citizen`,
      `${CITIZENS}=admin`,
      `${CITIZENS}:citizen`,
      `${CITIZENS}=citizen,`,
      `${CITIZENS}=citizen;${OFFICERS}=officer`,
      `${CITIZENS}=citizen ${OFFICERS}=officer`,
      ",",
    ]
  ) {
    assert.match(problemOf({ ACCESS_TOKEN_REALMS: bad }), /^ACCESS_TOKEN_REALMS must be /, bad);
  }
  assert.match(
    problemOf({ ACCESS_TOKEN_REALMS: `${CITIZENS}=citizen,${CITIZENS}=officer` }),
    /must name each issuer once/,
  );
});

Deno.test("readConfig: bounds the issuers of ACCESS_TOKEN_REALMS", () => {
  const issuers = Array.from({ length: MAX_REALM_ISSUERS + 1 }, (_, i) => `https://${i}.example`);
  const realms = (count: number) => ({
    ACCESS_TOKEN_ISSUER: issuers.join(),
    ACCESS_TOKEN_REALMS: issuers.slice(0, count).map((issuer) => `${issuer}=citizen`).join(),
  });
  assert.equal(problemOf(realms(MAX_REALM_ISSUERS)), "");
  assert.match(problemOf(realms(MAX_REALM_ISSUERS + 1)), /must have at most 100 issuers/);
});

Deno.test("readConfig: refuses a realm of an issuer that is not accepted, without quoting it", () => {
  const problem = problemOf({
    ACCESS_TOKEN_REALMS: `${CITIZENS}=citizen,${OFFICERS}/=officer`,
  });
  assert.match(problem, /^ACCESS_TOKEN_REALMS has an issuer \(entry 2\) that ACCESS_TOKEN_ISSUER/);
  assert.ok(!problem.includes(OFFICERS));
});

Deno.test("readConfig: refuses realms where keys of one issuer could sign for the other", () => {
  const variables = {
    ACCESS_TOKEN_JWKS_URL: `${CITIZENS}/certs ${OFFICERS}/certs`,
    ACCESS_TOKEN_REALMS: `${CITIZENS}=citizen,${OFFICERS}=officer`,
  };
  assert.equal(problemOf(variables), "");
  for (const issuers of ["", `${CITIZENS},${OFFICERS},https://kc.example/admin`]) {
    assert.match(
      problemOf({ ...variables, ACCESS_TOKEN_ISSUER: issuers }),
      /^ACCESS_TOKEN_REALMS with several addresses/,
    );
  }
});

Deno.test("readConfig: refuses a RECIPIENT_CLAIM that names no claim, or one that many people share", () => {
  const long = "c".repeat(MAX_CLAIM_NAME_LENGTH);
  for (const good of ["sub", "preferred_username", "user.name", "https://a.example/id", long]) {
    assert.equal(problemOf({ RECIPIENT_CLAIM: good }), "", good);
  }
  for (
    const bad of [" ", "a b", "a,b", "a\u0000", '"sub"', `${long}c`, "iss", "aud", "exp", "scope"]
  ) {
    assert.match(problemOf({ RECIPIENT_CLAIM: bad }), /^RECIPIENT_CLAIM must /, bad);
  }
});

Deno.test("warningsOf: warns when people of several issuers share ids", () => {
  const warned = (variables: Readonly<Record<string, string>>) =>
    warningsOf(read(variables)).filter((warning) => warning.startsWith("RECIPIENT_CLAIM")).length;
  const claim = { RECIPIENT_CLAIM: "preferred_username" };
  assert.equal(warned(claim), 1);
  assert.equal(warned({ ...claim, ACCESS_TOKEN_ISSUER: CITIZENS }), 0);
  assert.equal(warned({ ...claim, ACCESS_TOKEN_REALMS: `${OFFICERS}=officer` }), 0);
  assert.equal(warned({}), 0);
});
