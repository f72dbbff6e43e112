import assert from "node:assert/strict";
import { createGuestCheck, formatRecipient, isGuest } from "../../../domain/recipient/recipient.ts";
import { isSmokeTestRecipient, simulatedOutcome } from "../../../domain/recipient/simulated.ts";

const GUESTS = { emailAddresses: ["Guest@Example.com"], phoneNumbers: ["07900 900123"] };

Deno.test("formatRecipient: returns a number's digits, an address in lower case, or the text unchanged", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    ["07900 900 123", "447900900123"],
    [" A@Example.com ", "a@example.com"],
    ["Neither", "Neither"],
    [undefined, ""],
    [7900900123, ""],
    [["07900900123"], ""],
  ];
  for (const [value, formatted] of cases) assert.equal(formatRecipient(value), formatted);
  assert.equal(formatRecipient("0612345678", "FR"), "33612345678");
});

Deno.test("createGuestCheck: compares normalised recipients, and no guest is a missing recipient", () => {
  const isSame = (recipient: unknown, guest: string) =>
    createGuestCheck({ emailAddresses: [guest], phoneNumbers: [] })(recipient);
  assert.ok(isSame("+44 7900 900123", "07900900123"));
  assert.ok(isSame("A@example.com", "a@EXAMPLE.com"));
  assert.ok(!isSame("a@example.com", "b@example.com"));
  assert.ok(!isSame(null, ""));
});

Deno.test("isGuest: finds a recipient in any spelling, on its channel", () => {
  assert.ok(isGuest("+447900900123", GUESTS));
  assert.ok(isGuest("447900900123", GUESTS, { channel: "sms" }));
  assert.ok(isGuest("guest@example.COM", GUESTS, { channel: "email" }));
  assert.ok(!isGuest("guest@example.com", GUESTS, { channel: "sms" }));
  assert.ok(!isGuest("07900900124", GUESTS));
  assert.ok(!isGuest("", { emailAddresses: [""], phoneNumbers: [] }));
});

Deno.test("simulatedOutcome: matches the recipient as supplied, without blanks at its ends", () => {
  const cases = [
    ["sms", "07700900003", "temporary-failure"],
    ["sms", " +447700900003 ", "temporary-failure"],
    ["sms", "07700900002", "permanent-failure"],
    ["sms", "+44 7700 900003", "delivered"],
    ["sms", "07700900001", "delivered"],
    ["email", "temp-fail@simulator.notify", "temporary-failure"],
    ["email", " perm-fail@simulator.notify\n", "permanent-failure"],
    ["email", "Perm-Fail@simulator.notify", "delivered"],
    ["email", "x-perm-fail@simulator.notify", "delivered"],
  ] as const;
  for (const [channel, recipient, outcome] of cases) {
    assert.equal(simulatedOutcome(channel, recipient), outcome, recipient);
  }
});

Deno.test("isSmokeTestRecipient: matches the normalised recipient", () => {
  assert.ok(isSmokeTestRecipient("sms", "447700900111"));
  assert.ok(!isSmokeTestRecipient("sms", "07700900111"));
  assert.ok(isSmokeTestRecipient("email", "simulate-delivered-3@notifications.service.gov.uk"));
  assert.ok(!isSmokeTestRecipient("email", "simulate-delivered-4@notifications.service.gov.uk"));
});

Deno.test("createGuestCheck: normalises a list once for each channel and country", () => {
  const check = createGuestCheck(GUESTS, { channel: "sms", country: "GB" });
  assert.equal(createGuestCheck(GUESTS, { channel: "sms", country: "GB" }), check);
  assert.notEqual(createGuestCheck(GUESTS, { channel: "sms", country: "UA" }), check);
  assert.notEqual(createGuestCheck({ ...GUESTS }, { channel: "sms", country: "GB" }), check);
});
