import assert from "node:assert/strict";
import {
  MAX_ADDRESS_LENGTH,
  parseChannelAddress,
  parseRecipientChannel,
  type RecipientChannel,
} from "../../../domain/recipient_settings/channels.ts";
import { mayOwn, refusalOfChannel } from "../../../domain/recipient_settings/permission.ts";
import { DEFAULT_SETTINGS } from "../../../domain/service/service.ts";

const UKRAINE = { ...DEFAULT_SETTINGS, country: "UA" };

Deno.test("parseRecipientChannel: accepts three channels, not the inbox", () => {
  for (const channel of ["email", "diia", "sms"]) {
    assert.equal(parseRecipientChannel(channel), channel);
  }
  for (const name of ["inbox", "EMAIL", "", "letter", "toString"]) {
    assert.equal(parseRecipientChannel(name), undefined, name);
  }
});

Deno.test("parseChannelAddress: normalises the address of each channel", () => {
  const cases: readonly (readonly [RecipientChannel, string, string, string])[] = [
    ["email", " Olena@Example.com ", "Olena@Example.com", "olena@example.com"],
    ["diia", " 3184710691 ", "3184710691", "3184710691"],
    ["sms", "050 123 45 67", "+380501234567", "380501234567"],
    ["sms", "+380 50 123-45-67", "+380501234567", "380501234567"],
    ["sms", "+44 7700 900123", "+447700900123", "447700900123"],
  ];
  for (const [channel, typed, address, normalised] of cases) {
    const read = parseChannelAddress(channel, typed, UKRAINE);
    assert.equal(read.ok, true, typed);
    if (!read.ok) continue;
    assert.equal(read.value.address, address);
    assert.equal(read.value.normalised, normalised);
  }
});

Deno.test("parseChannelAddress: refuses addresses that nothing can be sent to", () => {
  const cases: readonly (readonly [RecipientChannel, string])[] = [
    ["email", ""],
    ["email", ".olena@example.com\u0000"],
    ["email", "olena..s@example.com"],
    ["email", "olena@example"],
    ["email", "3184710691"],
    ["email", `${"a".repeat(MAX_ADDRESS_LENGTH)}@example.com`],
    ["diia", "3184710692"],
    ["diia", "olena@example.com"],
    ["sms", "olena@example.com"],
    ["sms", "123"],
    ["sms", ""],
  ];
  for (const [channel, typed] of cases) {
    const read = parseChannelAddress(channel, typed, UKRAINE);
    assert.deepEqual(read, { ok: false, refusal: "not-valid" }, `${channel} ${typed}`);
  }
  const abroad = parseChannelAddress("sms", "+380501234567", {
    ...DEFAULT_SETTINGS,
    international_sms: false,
  });
  assert.equal(abroad.ok, false);
});

Deno.test("parseChannelAddress: refuses texts over the limit, blanks included", () => {
  const pad = (length: number) => "a@example.com".padStart(length);
  assert.equal(parseChannelAddress("email", pad(MAX_ADDRESS_LENGTH), UKRAINE).ok, true);
  assert.equal(parseChannelAddress("email", pad(MAX_ADDRESS_LENGTH + 1), UKRAINE).ok, false);
});

Deno.test("refusalOfChannel: refuses tokens without roles, and Diia for officers", () => {
  const cases: readonly (readonly [readonly string[], RecipientChannel, string | undefined])[] = [
    [[], "email", "no-roles"],
    [[], "diia", "no-roles"],
    [["citizen"], "diia", undefined],
    [["citizen"], "sms", undefined],
    [["officer"], "email", undefined],
    [["officer"], "sms", undefined],
    [["officer"], "diia", "official"],
    [["unregistered-officer"], "diia", "official"],
    [["citizen", "officer"], "diia", "official"],
  ];
  for (const [roles, channel, refusal] of cases) {
    assert.equal(refusalOfChannel({ roles }, channel), refusal, `${roles} ${channel}`);
  }
});

Deno.test("mayOwn: accepts only the token's tax number for Diia", () => {
  assert.equal(mayOwn({ drfo: "3184710691" }, "diia", "3184710691"), true);
  assert.equal(mayOwn({ drfo: "9000000002" }, "diia", "3184710691"), false);
  assert.equal(mayOwn({ drfo: undefined }, "diia", "3184710691"), false);
  assert.equal(mayOwn({ drfo: undefined }, "email", "a@example.com"), true);
});
