import assert from "node:assert/strict";
import { Secret } from "otpauth";
import { createTotp } from "../../../adapters/accounts/totp.ts";

/** The secret of RFC 6238, appendix B. */
const SECRET = Secret.fromUTF8("12345678901234567890").base32;

Deno.test("createTotp.findStep: finds the codes of RFC 6238, one step early and late", async () => {
  const totp = createTotp();
  for (
    const [seconds, code] of [
      [59, "287082"],
      [1_111_111_109, "081804"],
      [1_234_567_890, "005924"],
      [2_000_000_000, "279037"],
    ] as const
  ) {
    const now = seconds * 1000;
    const step = Math.floor(seconds / 30);
    assert.equal(await totp.findStep(SECRET, code, now), step);
    assert.equal(await totp.findStep(SECRET, code, now + 30_000), step);
    assert.equal(await totp.findStep(SECRET, code, now - 30_000), step);
    assert.equal(await totp.findStep(SECRET, code, now + 60_000), undefined);
    assert.equal(await totp.findStep(SECRET, code, now - 60_000), undefined);
    assert.equal(await totp.findStep(SECRET, code, now + 600_000), undefined);
  }
});

Deno.test("createTotp: secrets of 20 bytes, and an address for the QR code", async () => {
  const totp = createTotp();
  const secret = await totp.newSecret();
  assert.match(secret, /^[A-Z2-7]{32}$/);
  assert.notEqual(await totp.newSecret(), secret);
  assert.equal(
    await totp.uriOf(SECRET, "ann@dept.example"),
    `otpauth://totp/Hark:ann%40dept.example?issuer=Hark&secret=${SECRET}&algorithm=SHA1&digits=6&period=30`,
  );
});
