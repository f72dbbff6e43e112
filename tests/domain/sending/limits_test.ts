import assert from "node:assert/strict";
import type { ServiceId } from "../../../domain/ids.ts";
import {
  BODY_BYTES_PER_UNIT,
  bodyCharge,
  chargesFor,
  checkCharges,
  CLOCK_TOLERANCE_US,
  dailyCharge,
  DEFAULT_BURST,
  type QuotaCharge,
  rateCharge,
  usedOf,
} from "../../../domain/sending/limits.ts";
import {
  DEFAULT_SETTINGS,
  type Service,
  type ServiceSettings,
} from "../../../domain/service/service.ts";

const NOON = Date.UTC(2026, 10, 22, 12);

function service(settings: Partial<ServiceSettings> = {}, mode: Service["mode"] = "live"): Service {
  return {
    id: "11111111-1111-4111-8111-111111111111" as ServiceId,
    name: "Service",
    mode,
    active: true,
    revision: 1,
    settings: { ...DEFAULT_SETTINGS, ...settings },
    createdAt: NOON,
    updatedAt: NOON,
  };
}

/** Applies charges one after another as a store would, and returns how many were within the limit. */
function passes(chargeAt: (index: number) => QuotaCharge, tries: number): number {
  let value = 0;
  let passed = 0;
  for (let index = 0; index < tries; index++) {
    const charge = chargeAt(index);
    if (checkCharges([charge], () => value) !== undefined) continue;
    value = usedOf(charge, value) + charge.step;
    passed++;
  }
  return passed;
}

Deno.test("rateCharge: a new default bucket allows 999 requests at once", () => {
  assert.equal(passes(() => rateCharge(service(), "live", NOON), 2000), DEFAULT_BURST);
});

Deno.test("rateCharge: allows a burst of a third of a minute's requests", () => {
  const cases = [
    [1, 1],
    [3, 1],
    [4, 2],
    [60, 20],
    [2998, 999],
    [3001, 999],
    [3004, 1_000],
    [100_000, 33_300],
    [1_000_000, 333_000],
  ] as const;
  for (const [rate, burst] of cases) {
    const charge = rateCharge(service({ rate_limit_per_minute: rate }), "live", NOON);
    assert.equal(passes(() => charge, burst + 200), burst, `rate ${rate}`);
  }
});

Deno.test("rateCharge: allows no request when the rate is 0", () => {
  assert.equal(passes(() => rateCharge(service({ rate_limit_per_minute: 0 }), "live", NOON), 5), 0);
});

Deno.test("rateCharge: refills a request every 60 seconds divided by the rate", () => {
  const slow = service({ rate_limit_per_minute: 60 });
  // A burst of 20, then one for each of the 10 seconds that pass.
  const at = (index: number) => rateCharge(slow, "live", NOON + (index < 100 ? 0 : 10_000));
  assert.equal(passes(at, 200), 20 + 10);
});

Deno.test("rateCharge: two processes whose clocks differ by a second share the rate without a refusal", () => {
  for (const rate of [3_000, 100_000, 1_000_000]) {
    const fast = service({ rate_limit_per_minute: rate });
    // For a second, as many requests as the rate allows, through each process in turn.
    const requests = Math.floor(rate / 60);
    const at = (index: number) =>
      rateCharge(fast, "live", NOON + Math.floor(index * 1000 / requests) + 1000 * (index % 2));
    assert.equal(passes(at, requests), requests, `rate ${rate}`);
  }
});

Deno.test("usedOf: a counter counts up to a burst and the debt of a burst from now, and two seconds more", () => {
  const charge = rateCharge(service({ rate_limit_per_minute: 30 }), "live", NOON);
  const most = 1000 * (NOON + 2 * 20_000) + CLOCK_TOLERANCE_US;
  assert.equal(usedOf(charge, most), most);
  assert.equal(usedOf(charge, most + 1), charge.floor);
  assert.equal(usedOf(charge, 0), charge.floor);
  assert.equal(usedOf(dailyCharge(service(), "sms", NOON), Number.MAX_SAFE_INTEGER), 2 ** 53 - 1);
});

Deno.test("bodyCharge: costs at most a burst, up to one burst of debt", () => {
  const slow = service({ rate_limit_per_minute: 30 });
  const body = (units: number) => bodyCharge(slow, "live", units * BODY_BYTES_PER_UNIT, NOON);
  assert.equal(body(1), undefined);
  const [small, large] = [body(2), body(1_000)];
  assert(small !== undefined && large !== undefined);
  assert.equal(small.step, 2_000_000);
  assert.equal(large.step, 20_000_000);
  const debt = large.floor + 2 * large.step;
  assert.equal(checkCharges([large], () => debt - large.step), undefined);
  assert.notEqual(checkCharges([small], () => debt), undefined);
});

Deno.test("checkCharges: returns how many seconds a rate-limited caller must wait", () => {
  const charge = rateCharge(service({ rate_limit_per_minute: 3 }), "team", NOON);
  const refusal = checkCharges([charge], () => charge.floor + charge.step);
  assert.deepEqual(refusal, { kind: "rate-limited", keyKind: "team", rate: 3, retryAfterS: 20 });
});

Deno.test("dailyCharge: counts up to the limit, then the wait lasts until the next UTC day", () => {
  const charge = dailyCharge(service({}, "trial"), "sms", NOON);
  assert.equal(passes(() => charge, 60), 50);
  assert.deepEqual(checkCharges([charge], () => 50), {
    kind: "daily-limit",
    counter: "sms",
    limit: 50,
    retryAfterS: 12 * 3600,
  });
  assert.notEqual(dailyCharge(service(), "sms", NOON + 12 * 3_600_000).scope, charge.scope);
});

Deno.test("dailyCharge: uses the service's own limit when it has one, 0 included", () => {
  const own = service({
    daily_limits: { sms: 0, email: 7, inbox: null, diia: null, international_sms: null },
  });
  assert.equal(dailyCharge(own, "sms", NOON).limit, 0);
  assert.equal(dailyCharge(own, "email", NOON).limit, 7);
  assert.equal(dailyCharge(own, "international_sms", NOON).limit, 100);
});

Deno.test("chargesFor: charges a test key for its rate only, and a text message abroad in two daily counters", () => {
  const scopes = (...rest: [Parameters<typeof chargesFor>[1], "sms" | "email", boolean]) =>
    chargesFor(service(), ...rest, NOON).map(({ scope }) => scope);
  assert.deepEqual(scopes("test", "sms", true), ["rate:test:3000"]);
  assert.deepEqual(scopes("live", "email", false), ["rate:live:3000", "day:2026-11-22:email"]);
  assert.deepEqual(scopes("team", "sms", true), [
    "rate:team:3000",
    "day:2026-11-22:sms",
    "day:2026-11-22:international_sms",
  ]);
});
