import assert from "node:assert/strict";
import { readConfig } from "../../runtime/config.ts";
import { MASTER_KEY } from "../fixtures/master_key.ts";

const read = (
  variables: Readonly<Record<string, string>>,
  mode: "development" | "production" = "development",
) =>
  readConfig(
    {
      DATABASE_URL: "file:unused",
      MASTER_KEY,
      ADMIN_TOKEN: "operator-token-for-tests",
      ...variables,
    },
    mode,
  ).accounts;

Deno.test("readConfig: everybody may register in development, and addresses by invitation only in production", () => {
  assert.deepEqual(read({}), {
    registrationDomains: ["*"],
    signInCountries: ["*"],
    contactEmail: undefined,
    termsUrl: undefined,
    auditRetentionDays: undefined,
  });
  const production = {
    ADMIN_TOKEN: "q7Jm2vXc9LrT4kWz8NpB6sYd",
    PUBLIC_URL: "https://hark.example.org",
    EMAIL_PROVIDER: "none",
    SMS_PROVIDER: "none",
  };
  assert.deepEqual(read(production, "production").registrationDomains, []);
  assert.deepEqual(read(production, "production").signInCountries, ["GB"]);
});

Deno.test("readConfig: reads domains, countries, an address and days", () => {
  assert.deepEqual(
    read({
      REGISTRATION_DOMAINS: " Dept.GOV.example, bücher.example",
      SIGN_IN_COUNTRIES: "gb,UA",
      CONTACT_EMAIL: " Help@dept.gov.example ",
      TERMS_URL: "https://dept.gov.example/terms",
      AUDIT_RETENTION_DAYS: "3650",
    }),
    {
      registrationDomains: ["dept.gov.example", "xn--bcher-kva.example"],
      signInCountries: ["GB", "UA"],
      contactEmail: "Help@dept.gov.example",
      termsUrl: "https://dept.gov.example/terms",
      auditRetentionDays: 3650,
    },
  );
});

Deno.test("readConfig: refuses wrong values of accounts, and names the variable", () => {
  for (
    const [name, value] of [
      ["REGISTRATION_DOMAINS", "*,dept.example"],
      ["REGISTRATION_DOMAINS", "localhost"],
      ["REGISTRATION_DOMAINS", "@dept.example"],
      ["REGISTRATION_DOMAINS", ","],
      ["SIGN_IN_COUNTRIES", "UK"],
      ["SIGN_IN_COUNTRIES", "GB,*"],
      ["CONTACT_EMAIL", "help"],
      ["CONTACT_EMAIL", "https://dept.gov.example"],
      ["TERMS_URL", "javascript:alert(1)"],
      ["TERMS_URL", "https://user:secret@dept.example"],
      ["AUDIT_RETENTION_DAYS", "0"],
      ["AUDIT_RETENTION_DAYS", "36501"],
      ["AUDIT_RETENTION_DAYS", "1.5"],
    ] as const
  ) {
    assert.throws(() => read({ [name]: value }), new RegExp(name), `${name}=${value}`);
  }
});
