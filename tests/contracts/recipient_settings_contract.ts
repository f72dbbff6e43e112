import assert from "node:assert/strict";
import type { ServiceId } from "../../domain/ids.ts";
import { CODE_TTL_MS, MAX_CODE_TRIES } from "../../domain/recipient_settings/otp.ts";
import { CODE_LIMITS } from "../../domain/recipient_settings/limits.ts";
import { personText } from "../../domain/recipient/realm.ts";
import type { Person, Verification } from "../../domain/ports/recipient_settings_store.ts";
import type { Backend } from "./backends.ts";
import { type Bench, countRows, DAY_MS, dump, newSender, openBench, START } from "./isolate.ts";

const ADDRESS = "olena.shevchenko@example.com";
const CODE = "048213";

function email(address: string = ADDRESS, code: string = CODE): Verification {
  return {
    channel: "email",
    address: { address, normalised: address.toLowerCase() },
    code,
  };
}

async function openWithPerson(
  backend: Backend,
): Promise<Bench & { readonly person: Person; readonly serviceId: ServiceId }> {
  const bench = await openBench(backend);
  const { serviceId } = await newSender(bench);
  return { ...bench, serviceId, person: { serviceId, recipientId: "olena" } };
}

/** Proves an address and activates the channel. */
async function activated(
  { recipientSettings, time: time }: Bench,
  person: Person,
  verification: Verification,
): Promise<void> {
  const started = await recipientSettings.startVerification(person, verification, time.now);
  assert.ok(started.ok);
  assert.equal(await recipientSettings.activate(person, verification, time.now), "activated");
}

/** The contract of {@link RecipientSettingsStore}. */
export function recipientSettingsContract(backend: Backend): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test(`RecipientSettingsStore ${name} (${backend.name})`, run);

  test("settings, preferences, activate: are a person's of one realm, and a citizen's without one", async () => {
    await using bench = await openWithPerson(backend);
    const { recipientSettings, serviceId } = bench;
    const officer: Person = { ...bench.person, realm: "officer" };
    const citizen: Person = { ...bench.person, realm: "citizen" };
    const verification = email();
    const started = await recipientSettings.startVerification(officer, verification, START);
    assert.ok(started.ok);
    assert.equal(await recipientSettings.activate(citizen, verification, START), "spent");
    assert.equal(await recipientSettings.activate(officer, verification, START), "activated");
    const settingsId = async (person: Person) =>
      (await recipientSettings.settings(person, START)).settingsId;
    assert.notEqual(await settingsId(officer), await settingsId(citizen));
    assert.equal(await settingsId(bench.person), await settingsId(citizen));
    const people = [personText(officer), personText(citizen)];
    const found = await recipientSettings.preferences(serviceId, people);
    assert.deepEqual([...found.keys()], [personText(officer)]);
  });

  test("settings: get an id when first read, one for each person of each service", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings } = bench;
    const all = await Promise.all([1, 2, 3].map(() => recipientSettings.settings(person, START)));
    const [first] = all;
    assert.match(first?.settingsId ?? "", /^[0-9a-f-]{36}$/);
    assert.deepEqual(first?.channels, []);
    for (const { settingsId } of all) assert.equal(settingsId, first?.settingsId);
    const elsewhere = await bench.another();
    assert.deepEqual(await elsewhere.recipientSettings.settings(person, START + 1), first);
    const { serviceId } = await newSender(bench);
    const others = [{ ...person, recipientId: "OLENA" }, { ...person, serviceId }];
    for (const other of others) {
      const { settingsId } = await recipientSettings.settings(other, START);
      assert.notEqual(settingsId, first?.settingsId);
    }
    assert.equal(await countRows(bench.db, "person_settings"), 3);
  });

  test("activate: accepts the code once, for its person, channel and address", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings } = bench;
    const right = email();
    const { serviceId } = await newSender(bench);
    await recipientSettings.startVerification(person, right, START);
    const strangers = [{ ...person, recipientId: "taras" }, { ...person, serviceId }];
    for (const stranger of strangers) {
      assert.equal(await recipientSettings.activate(stranger, right, START), "spent");
      assert.deepEqual((await recipientSettings.settings(stranger, START)).channels, []);
    }
    assert.equal(
      await recipientSettings.activate(person, { ...right, channel: "sms" }, START),
      "spent",
    );
    const wrong = [email("other@example.com"), email(ADDRESS, "48213"), email(ADDRESS, "")];
    for (const verification of wrong) {
      assert.equal(await recipientSettings.activate(person, verification, START), "wrong-code");
    }
    assert.deepEqual((await recipientSettings.settings(person, START)).channels, []);
    assert.equal(
      await (await bench.another()).recipientSettings.activate(person, right, START),
      "activated",
    );
    assert.equal(await recipientSettings.activate(person, right, START), "spent");
    assert.equal(await countRows(bench.db, "channel_codes"), 0);
    assert.deepEqual((await recipientSettings.settings(person, START)).channels, [
      { channel: "email", activated: true, address: ADDRESS, deactivationReason: null },
    ]);
  });

  test("activate: accepts a code until it expires, and only the newest one", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings } = bench;
    await recipientSettings.startVerification(person, email(), START);
    const end = START + CODE_TTL_MS;
    assert.equal(await recipientSettings.activate(person, email(), end), "expired");
    assert.equal(await recipientSettings.activate(person, email(), end - 1), "activated");
    await recipientSettings.startVerification(person, email(ADDRESS, "111111"), START);
    await recipientSettings.startVerification(person, email(ADDRESS, "222222"), START + 1);
    assert.equal(
      await recipientSettings.activate(person, email(ADDRESS, "111111"), START + 2),
      "wrong-code",
    );
    assert.equal(
      await recipientSettings.activate(person, email(ADDRESS, "222222"), end),
      "activated",
    );
  });

  test("activate: allows five attempts, and the fifth may succeed", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings } = bench;
    const attempt = (code: string) =>
      recipientSettings.activate(person, email(ADDRESS, code), START);
    for (const wrongs of [MAX_CODE_TRIES - 1, MAX_CODE_TRIES]) {
      await recipientSettings.startVerification(person, email(), START);
      for (let i = 0; i < wrongs; i++) assert.equal(await attempt(`00000${i}`), "wrong-code");
      assert.equal(await attempt(CODE), wrongs < MAX_CODE_TRIES ? "activated" : "spent");
    }
    assert.equal(await attempt(CODE), "spent");
  });

  test("activate: compares at most five of many concurrent wrong attempts", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings } = bench;
    const elsewhere = await bench.another();
    await recipientSettings.startVerification(person, email(), START);
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => {
      const store = i % 2 === 0 ? recipientSettings : elsewhere.recipientSettings;
      return store.activate(person, email(ADDRESS, String(100_000 + i)), START);
    }));
    assert.equal(outcomes.filter((outcome) => outcome === "wrong-code").length, MAX_CODE_TRIES);
    assert.equal(outcomes.filter((outcome) => outcome === "spent").length, 20 - MAX_CODE_TRIES);
    assert.equal(await recipientSettings.activate(person, email(), START), "spent");
    assert.deepEqual((await recipientSettings.settings(person, START)).channels, []);
  });

  test("activate: lets one of many concurrent correct attempts succeed", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings } = bench;
    const elsewhere = await bench.another();
    await recipientSettings.startVerification(person, email(), START);
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => {
      const store = i % 2 === 0 ? recipientSettings : elsewhere.recipientSettings;
      return store.activate(person, email(), START);
    }));
    assert.equal(outcomes.filter((outcome) => outcome === "activated").length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === "spent").length, 19);
  });

  test("deactivate: keeps the address unless it gives one, and activate clears the reason", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings } = bench;
    const channels = async () => (await recipientSettings.settings(person, START)).channels;
    const deactivate = (address: string | undefined, reason: string) =>
      recipientSettings.deactivate(
        person,
        "email",
        { address: address === undefined ? undefined : email(address).address, reason },
        START,
      );
    await deactivate(undefined, "USER_DEACTIVATED");
    const off = { channel: "email" as const, activated: false };
    assert.deepEqual(await channels(), [
      { ...off, address: null, deactivationReason: "USER_DEACTIVATED" },
    ]);
    await activated(bench, person, email());
    assert.deepEqual(await channels(), [
      { channel: "email", activated: true, address: ADDRESS, deactivationReason: null },
    ]);
    await deactivate(undefined, "Пошта переповнена");
    assert.deepEqual(await channels(), [
      { ...off, address: ADDRESS, deactivationReason: "Пошта переповнена" },
    ]);
    await deactivate("new@example.com", "Moved");
    assert.deepEqual(await channels(), [
      { ...off, address: "new@example.com", deactivationReason: "Moved" },
    ]);
    assert.equal((await recipientSettings.preferences(person.serviceId, ["olena"])).size, 0);
  });

  test("startVerification: applies each rate limit of a person, for any address", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings } = bench;
    const [quarter, day] = CODE_LIMITS.person;
    let addresses = 0;
    const start = (now: number) =>
      recipientSettings.startVerification(person, email(`a${++addresses}@example.com`), now);
    for (let i = 0; i < quarter.codes; i++) assert.ok((await start(START)).ok);
    const interval = quarter.perMs / quarter.codes;
    const refused = { kind: "too-many-codes", retryAfterS: interval / 1000 };
    assert.deepEqual(await start(START), { ok: false, refusal: refused });
    assert.deepEqual(await start(START + interval - 1), {
      ok: false,
      refusal: { ...refused, retryAfterS: 1 },
    });
    assert.ok((await start(START + interval)).ok);
    let now = START + interval;
    for (let i = quarter.codes + 1; i < day.codes; i++) {
      now += interval;
      assert.ok((await start(now)).ok, String(i));
    }
    now += interval;
    const last = await start(now);
    const freeAt = START + day.perMs / day.codes;
    assert.deepEqual(last, {
      ok: false,
      refusal: { kind: "too-many-codes", retryAfterS: Math.ceil((freeAt - now) / 1000) },
    });
    const other = { ...person, recipientId: "taras" };
    assert.ok((await recipientSettings.startVerification(other, email("t@example.com"), now)).ok);
  });

  test("startVerification: applies the rate limit of an address, for any person, and changes nothing over it", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings, serviceId } = bench;
    const [{ codes, perMs }] = CODE_LIMITS.address;
    const start = (recipientId: string, verification: Verification, now = START) =>
      recipientSettings.startVerification({ serviceId, recipientId }, verification, now);
    assert.ok((await start(person.recipientId, email("mine@example.com"))).ok);
    for (let i = 0; i < codes; i++) assert.ok((await start(`p${i}`, email())).ok);
    const before = await dump(bench.db);
    assert.deepEqual(await start(person.recipientId, email(ADDRESS.toUpperCase(), "999999")), {
      ok: false,
      refusal: { kind: "too-many-codes", retryAfterS: perMs / codes / 1000 },
    });
    assert.deepEqual(await dump(bench.db), before);
    assert.equal(
      await recipientSettings.activate(person, email("mine@example.com"), START),
      "activated",
    );
    assert.ok((await start(person.recipientId, email(), START + perMs / codes)).ok);
  });

  test("startVerification: applies the limits to concurrent calls", async () => {
    await using bench = await openWithPerson(backend);
    const elsewhere = await bench.another();
    const started = await Promise.all(Array.from({ length: 20 }, (_, i) => {
      const { recipientSettings } = i % 2 === 0 ? bench : elsewhere;
      return recipientSettings.startVerification(bench.person, email(`a${i}@example.com`), START);
    }));
    const [{ codes }] = CODE_LIMITS.person;
    assert.equal(started.filter(({ ok }) => ok).length, codes);
  });

  test("preferences: return the activated channels of many people in one round trip", async () => {
    await using bench = await openWithPerson(backend);
    const { person, recipientSettings, serviceId, connection } = {
      ...bench,
      connection: bench.database.connection,
    };
    const phone = { address: "+380501234567", normalised: "380501234567" };
    await activated(bench, person, { channel: "sms", address: phone, code: CODE });
    await activated(bench, person, email());
    const taras = { ...person, recipientId: "taras" };
    await activated(bench, taras, email("taras@example.com"));
    const gone = { ...person, recipientId: "gone" };
    await activated(bench, gone, email("gone@example.com"));
    await recipientSettings.deactivate(gone, "email", { address: undefined, reason: "x" }, START);
    const elsewhere = await newSender(bench);
    const many = Array.from({ length: 10_000 - 4 }, (_, i) => `unknown-${i}`);
    const recipientIds = [...many.slice(0, 5_000), "taras", "gone", ...many.slice(5_000), "olena"];
    const before = connection?.roundTrips;
    const preferences = await recipientSettings.preferences(serviceId, [...recipientIds, "taras"]);
    if (before !== undefined) assert.equal(connection?.roundTrips, before + 1);
    assert.deepEqual(
      preferences,
      new Map([
        ["taras", [{ channel: "email", address: "taras@example.com" }]],
        ["olena", [
          { channel: "email", address: ADDRESS },
          { channel: "sms", address: phone.address },
        ]],
      ]),
    );
    assert.equal((await recipientSettings.preferences(elsewhere.serviceId, ["olena"])).size, 0);
    assert.equal((await recipientSettings.preferences(serviceId, [])).size, 0);
  });

  test("rows: contain neither people, addresses, reasons nor codes in plaintext", async () => {
    await using bench = await openWithPerson(backend);
    const { recipientSettings, person } = bench;
    await recipientSettings.settings(person, START);
    await activated(bench, person, email());
    await recipientSettings.startVerification(person, email(), START);
    await recipientSettings.deactivate(person, "email", {
      address: undefined,
      reason: "Moved away",
    }, START);
    const raw = [...(await dump(bench.db))].filter(([table]) =>
      ["person_settings", "person_channels", "channel_codes", "counters"].includes(table)
    );
    assert.deepEqual(raw.map(([, rows]) => rows.length > 0), [true, true, true, true]);
    for (const secret of [ADDRESS, CODE, person.recipientId, "Moved away"]) {
      assert.equal(JSON.stringify(raw).includes(secret), false, secret);
    }
  });

  test("purge: deletes the data of codes and keeps settings", async () => {
    await using bench = await openWithPerson(backend);
    const { person, retention, recipientSettings, db } = bench;
    await activated(bench, person, email());
    await recipientSettings.startVerification(person, email(), START);
    const settings = await recipientSettings.settings(person, START);
    while (await retention.purge(START + CODE_TTL_MS, 100) > 0);
    assert.equal(await countRows(db, "channel_codes"), 1);
    while (await retention.purge(START + CODE_TTL_MS + 1, 100) > 0);
    assert.equal(await countRows(db, "channel_codes"), 0);
    while (await retention.purge(START + 2 * DAY_MS, 100) > 0);
    assert.equal(await countRows(db, "counters"), 0);
    assert.deepEqual(await recipientSettings.settings(person, START), settings);
  });
}
