import assert from "node:assert/strict";
import { readConfig, warningsOf } from "../../config.ts";
import { ADMIN_TOKEN, MASTER_KEY } from "../support/hark.ts";

const BASE = { DATABASE_URL: "file:unused", MASTER_KEY, ADMIN_TOKEN };
const SANDBOXES = { EMAIL_PROVIDER: "sandbox", SMS_PROVIDER: "sandbox" };
const POSTMARK = { SMS_PROVIDER: "sandbox", POSTMARK_SERVER_TOKEN: "token" };
const WEBHOOK = { POSTMARK_WEBHOOK_USER: "user", POSTMARK_WEBHOOK_PASSWORD: "password" };

Deno.test("warningsOf says what keeps receipts from ever arriving", () => {
  const said = (variables: Readonly<Record<string, string>>) =>
    warningsOf(readConfig({ ...BASE, ...variables }, "production"))
      .map((warning) => warning.split(" ")[0]);
  assert.deepEqual(said(SANDBOXES), []);
  assert.deepEqual(said(POSTMARK), ["PUBLIC_URL", "POSTMARK_WEBHOOK_USER"]);
  const whole = { ...POSTMARK, ...WEBHOOK, PUBLIC_URL: "https://hark.example/" };
  assert.deepEqual(said(whole), []);
});

Deno.test("readConfig has Diia where its address and its token are set, and asks for both or none", () => {
  const token = "a-partner-token";
  const read = (variables: Readonly<Record<string, string>>) =>
    readConfig({ ...BASE, ...SANDBOXES, ...variables }, "production").diia;
  const both = { DIIA_BASE_URL: "https://diia.example/", DIIA_PARTNER_TOKEN: token };
  const diia = { provider: "diia", baseUrl: "https://diia.example", partnerToken: token };
  assert.deepEqual(read({}), { provider: "none" });
  assert.deepEqual(read({ DIIA_BASE_URL: "", DIIA_PARTNER_TOKEN: "" }), { provider: "none" });
  assert.deepEqual(read(both), { ...diia, paths: "registries" });
  assert.deepEqual(read({ ...both, DIIA_PATHS: "gateway" }), { ...diia, paths: "gateway" });
  for (
    const [variables, said] of [
      [
        { DIIA_PARTNER_TOKEN: token },
        /^DIIA_BASE_URL and DIIA_PARTNER_TOKEN must be set together$/,
      ],
      [{ DIIA_BASE_URL: "https://diia.example" }, /must be set together$/],
      [{ ...both, DIIA_BASE_URL: "diia.example" }, /^DIIA_BASE_URL must be an http\(s\) address$/],
      [{ ...both, DIIA_PATHS: "other" }, /^DIIA_PATHS /],
    ] as const
  ) {
    assert.throws(() => read(variables), (error: Error) => {
      assert.match(error.message, said);
      assert(!error.message.includes(token));
      return true;
    });
  }
});

Deno.test("readConfig takes addresses without their last slash, and an empty variable as none", () => {
  const config = readConfig(
    { ...BASE, ...SANDBOXES, PUBLIC_URL: "https://hark.example/", PORT: "" },
    "production",
  );
  assert.deepEqual([config.publicUrl, config.port, config.emailDomain], [
    "https://hark.example",
    8787,
    "hark.example",
  ]);
});
