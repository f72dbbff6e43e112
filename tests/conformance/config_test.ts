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
