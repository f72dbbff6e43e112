import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { costOfList } from "../../../domain/pricing/list_cost.ts";
import {
  MAX_PRICE,
  MAX_PRICES_TEXT,
  parseSmsPrices,
  PRICE_DECIMALS,
  priceOf,
  type SmsPrices,
  toDecimal,
} from "../../../domain/pricing/sms_prices.ts";

function parse(prices: unknown): SmsPrices {
  const parsed = parseSmsPrices(JSON.stringify(prices));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

Deno.test("parseSmsPrices: reads texts and numbers as whole units, and the price of all other countries", () => {
  const prices = parse({ currency: "EUR", prices: { UA: "0.0550", GB: 0.042, US: 1, "*": "0.1" } });
  assert.equal(prices.currency, "EUR");
  assert.deepEqual([...prices.byCountry], [["UA", 550], ["GB", 420], ["US", 10_000]]);
  assert.equal(priceOf(prices, "UA"), 550);
  assert.equal(priceOf(prices, "PL"), 1_000);
  assert.equal(priceOf(prices, undefined), 1_000);
  const own = parse({ currency: "UAH", prices: { UA: "0" } });
  assert.deepEqual([priceOf(own, "UA"), priceOf(own, "PL"), priceOf(own, undefined)], [
    0,
    undefined,
    undefined,
  ]);
});

Deno.test("parseSmsPrices: names what is wrong", () => {
  const of = (prices: unknown) => JSON.stringify({ currency: "EUR", prices });
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /must be a JSON object/],
    ["[]", /must be a JSON object/],
    ['{"currency":"EUR"', /must be a JSON object/],
    ['{"prices":{"UA":1}}', /needs "currency", an ISO 4217 code/],
    ['{"currency":"XQQ","prices":{"UA":1}}', /needs "currency"/],
    ['{"currency":"eur","prices":{"UA":1}}', /needs "currency"/],
    ['{"currency":"EUR","prices":{"UA":1},"vat":1}', /the unknown field "vat"/],
    ['{"currency":"EUR","UA":1}', /the unknown field "UA"/],
    ['{"currency":"EUR"}', /needs "prices"/],
    [of({}), /needs "prices"/],
    [of([1]), /needs "prices"/],
    [of({ UK: 1 }), /the unknown country "UK"/],
    [of({ ua: 1 }), /the unknown country "ua"/],
    [of({ GB: 1, ["x".repeat(50)]: 1 }), /the unknown country "x{20}"/],
    [of({ UA: -1 }), /a price for "UA" that is not a number from 0 to/],
    [of({ UA: "-0.1" }), /a price for "UA"/],
    [of({ UA: "0.12345" }), /at most 4 decimals/],
    [of({ UA: 1e-7 }), /a price for "UA"/],
    [of({ UA: "1,5" }), /a price for "UA"/],
    [of({ UA: "" }), /a price for "UA"/],
    [of({ UA: null }), /a price for "UA"/],
    [of({ UA: true }), /a price for "UA"/],
    [of({ "*": `${MAX_PRICE}.0001` }), /a price for "\*"/],
    [`${of({ UA: 1 })}${" ".repeat(MAX_PRICES_TEXT)}`, /at most 20000 characters/],
  ];
  for (const [text, message] of cases) {
    const parsed = parseSmsPrices(text);
    assert.ok(!parsed.ok, text.slice(0, 80));
    assert.match(parsed.refusal, message);
  }
  assert.equal(parse({ currency: "EUR", prices: { UA: MAX_PRICE } }).byCountry.get("UA"), 1e8);
  const longest = of({ UA: 1 }).padEnd(MAX_PRICES_TEXT);
  assert.equal(parseSmsPrices(longest).ok, true);
});

Deno.test("toDecimal: writes every price as it was read", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: MAX_PRICE * 10 ** PRICE_DECIMALS }), (price) => {
    const { byCountry } = parse({ currency: "EUR", prices: { UA: toDecimal(price) } });
    assert.equal(byCountry.get("UA"), price);
  }));
  assert.deepEqual([0, 1, 550, 10_000, 123_456].map(toDecimal), [
    "0.0000",
    "0.0001",
    "0.0550",
    "1.0000",
    "12.3456",
  ]);
});

Deno.test("costOfList: adds up exactly, from least to most, and counts messages without a price", () => {
  const prices = parse({ currency: "EUR", prices: { UA: "0.1", GB: "0.07" } });
  const cost = costOfList(prices, [
    { country: "UA", fragments: 2, messages: 3 },
    { country: null, fragments: 1, messages: 4 },
    { country: "GB", fragments: 3, messages: 100_000 },
    { country: "UA", fragments: 1, messages: 7 },
    { country: "PL", fragments: 1, messages: 5 },
  ]);
  assert.deepEqual([cost.total, cost.least, cost.most, cost.withoutPrice], [
    210_013_000,
    1_000,
    2_100,
    9,
  ]);
  assert.deepEqual(cost.groups.map(({ country, each }) => [country, each]), [
    ["UA", 1_000],
    ["UA", 2_000],
    ["GB", 2_100],
    [null, undefined],
    ["PL", undefined],
  ]);
  const unknown = costOfList(prices, [{ country: "PL", fragments: 1, messages: 5 }]);
  assert.deepEqual([unknown.total, unknown.least, unknown.most], [0, undefined, undefined]);
});
