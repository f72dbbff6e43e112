import assert from "node:assert/strict";
import { createAccountRetention } from "../../adapters/libsql/accounts/account_retention.ts";
import { CODE_VALID_MS } from "../../domain/accounts/one_time_codes.ts";
import type { UserId } from "../../domain/ids.ts";
import {
  type KeptForm,
  MAX_KEPT_FORM_BYTES,
  MAX_KEPT_FORMS,
} from "../../domain/ports/kept_forms.ts";
import { openAccountStores } from "../../runtime/accounts.ts";
import type { Backend } from "./backends.ts";
import { countRows, dump, openBench, START } from "./isolate.ts";

const PATH = "/services/1/templates/2/edit";
const [ANN, BOB] = [crypto.randomUUID() as UserId, crypto.randomUUID() as UserId];

const formOf = (body: string, path = PATH): KeptForm => ({ path, fields: { body: [body] } });

async function open(backend: Backend) {
  const bench = await openBench(backend);
  const { db, encryption, clock, contexts } = bench;
  const stores = openAccountStores({ db, encryption, clock, forget: (id) => contexts.forget(id) });
  return { bench, forms: stores.keptForms };
}

/** `KeptForms` over a backend. */
export function keptFormsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`KeptForms ${name} (${backend.name})`, run);

  test("take: returns a form once, to its person, at its path and in its time", async () => {
    const { bench, forms } = await open(backend);
    await using _ = bench;
    const mark = await forms.markOf(ANN);
    assert.equal(mark, await forms.markOf(ANN));
    const form = formOf("Dear «Ann»");
    const token = await forms.keep(mark, form, START) ?? "";
    const text = JSON.stringify(await dump(bench.db));
    for (const secret of ["Dear", token, PATH]) assert.ok(!text.includes(secret), secret);
    const end = START + CODE_VALID_MS["kept-form"];
    assert.equal(await forms.take(BOB, token, PATH, START), undefined);
    assert.equal(await forms.take(ANN, token, `${PATH}/x`, START), undefined);
    assert.equal(await forms.take(ANN, "x", PATH, START), undefined);
    assert.equal(await forms.take(ANN, token, PATH, end), undefined);
    assert.deepEqual(await forms.take(ANN, token, PATH, end - 1), form.fields);
    assert.equal(await forms.take(ANN, token, PATH, end - 1), undefined);
  });

  test("keep: refuses a mark that no person has and a form that is too long, and keeps the newest", async () => {
    const { bench, forms } = await open(backend);
    await using _ = bench;
    const [ann, bob] = [await forms.markOf(ANN), await forms.markOf(BOB)];
    const forged = `${ANN}.${bob.split(".")[1]}`;
    for (const mark of ["", "x", ANN, `${ANN}.`, forged, `${ann}0`, ann.toUpperCase()]) {
      assert.equal(await forms.keep(mark, formOf("x"), START), undefined, mark);
    }
    const longest = MAX_KEPT_FORM_BYTES - JSON.stringify(formOf("").fields).length;
    assert.equal(await forms.keep(bob, formOf("x".repeat(longest + 1)), START), undefined);
    assert.equal(await forms.keep(bob, formOf("ж".repeat(longest / 2 + 1)), START), undefined);
    const large = await forms.keep(bob, formOf("x".repeat(longest)), START) ?? "";
    const tokens: string[] = [];
    for (let at = 0; at <= MAX_KEPT_FORMS; at++) {
      tokens.push(await forms.keep(ann, formOf(String(at)), START + at) ?? "");
    }
    const [oldest = "", ...newest] = tokens;
    assert.equal(await forms.take(ANN, oldest, PATH, START + 9), undefined);
    for (const token of newest) assert.ok(await forms.take(ANN, token, PATH, START + 9));
    const { body } = await forms.take(BOB, large, PATH, START) ?? {};
    assert.equal(body?.[0]?.length, longest);
  });

  test("retention: deletes a form as soon as its time is over", async () => {
    const { bench, forms } = await open(backend);
    await using _ = bench;
    await forms.keep(await forms.markOf(ANN), formOf("x"), START);
    const retention = createAccountRetention(bench.db);
    const end = START + CODE_VALID_MS["kept-form"];
    await retention.purge(end, 9);
    assert.equal(await countRows(bench.db, "user_codes"), 1);
    await retention.purge(end + 1, 9);
    assert.equal(await countRows(bench.db, "user_codes"), 0);
  });
}
