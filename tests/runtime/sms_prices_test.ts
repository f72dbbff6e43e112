import assert from "node:assert/strict";
import { ConfigError, readConfig } from "../../runtime/config.ts";
import { MASTER_KEY } from "../fixtures/master_key.ts";

const read = (variables: Readonly<Record<string, string>>) =>
  readConfig({
    ...{ DATABASE_URL: "file:unused", MASTER_KEY, ADMIN_TOKEN: "operator-token-for-tests" },
    ...variables,
  }, "development").smsPrices;

Deno.test("readConfig: reads SMS_PRICES, which may be left out, and names what is wrong with it", () => {
  assert.equal(read({}), undefined);
  assert.equal(read({ SMS_PRICES: "" }), undefined);
  const prices = read({ SMS_PRICES: '{"currency":"UAH","prices":{"UA":"0.85"}}' });
  assert.deepEqual([prices?.currency, prices?.byCountry.get("UA")], ["UAH", 8_500]);
  assert.throws(
    () => read({ SMS_PRICES: '{"currency":"UAH","prices":{"UKR":"0.85"}}' }),
    new ConfigError(
      'SMS_PRICES has the unknown country "UKR" in "prices": use ISO 3166 codes such as "UA", or ' +
        '"*" for all others',
    ),
  );
});
