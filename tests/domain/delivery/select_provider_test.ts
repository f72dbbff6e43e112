import assert from "node:assert/strict";
import {
  type Availability,
  type ProviderFacts,
  roomOfChannel,
  type Selection,
  selectProvider,
} from "../../../domain/delivery/select_provider.ts";
import { createRandom } from "../../support/random.ts";

interface Candidate extends ProviderFacts {
  readonly name: string;
}

const AVAILABILITIES: readonly Availability[] = ["ready", "limited", "probe", "held"];

/** `name weight availability room`, with 100, `ready` and no limit when left out. */
function candidate(text: string): Candidate {
  const [name = "", weight = "100", word = "ready", room = "Infinity"] = text.split(" ");
  const availability = AVAILABILITIES.find((known) => known === word);
  assert(availability !== undefined, word);
  return { name, weight: Number(weight), availability, room: Number(room) };
}

const pick = (texts: readonly string[], random = 0) => {
  const selection = selectProvider(texts.map(candidate), (provider) => provider, random);
  return selection.kind === "selected"
    ? `${selection.provider.name} ${selection.reason}`
    : selection.kind;
};

Deno.test("selectProvider: returns no provider without candidates", () => {
  assert.equal(pick([]), "no-provider");
});

Deno.test("selectProvider: returns the only candidate while it is not held back", () => {
  assert.equal(pick(["a"]), "a only");
  assert.equal(pick(["a 0"]), "a only");
  assert.equal(pick(["a 100 limited"]), "held");
  assert.equal(pick(["a 100 held"]), "held");
  assert.equal(pick(["a 100 probe"]), "a probe");
});

Deno.test("selectProvider: uses a candidate of weight 0 only while the others are held back", () => {
  assert.equal(pick(["a 100", "b 0"], 0.999), "a weight");
  assert.equal(pick(["a 100 limited", "b 0"]), "held", "the message waits for a token");
  assert.equal(pick(["a 100 held", "b 0"]), "b failover");
  assert.equal(pick(["a 100 held", "b 0 held", "c 0"]), "c failover");
  assert.equal(pick(["a 100 held", "b 0 limited"]), "held");
  assert.equal(pick(["a 100 held", "b 0 held"]), "held");
  assert.equal(pick(["a 100 held", "b 0 probe"]), "b probe");
});

Deno.test("selectProvider: gives a probe to a candidate with a weight, although another is ready", () => {
  assert.equal(pick(["a 100 probe", "b 0"]), "a probe");
  assert.equal(pick(["a 100", "b 10 probe"]), "b probe");
  assert.equal(pick(["a 100", "b 0 probe"]), "a weight");
});

Deno.test("selectProvider: counts the first candidate as the preferred one when no candidate has a weight", () => {
  assert.equal(pick(["a 0", "b 0"]), "a weight");
  assert.equal(pick(["a 0 held", "b 0"]), "b failover");
});

Deno.test("selectProvider: shares messages by the weights", () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    const selected = pick(["a 60", "b 30", "c 10"], i / 1000);
    counts.set(selected, (counts.get(selected) ?? 0) + 1);
  }
  assert.deepEqual(Object.fromEntries(counts), {
    "a weight": 600,
    "b weight": 300,
    "c weight": 100,
  });
  assert.equal(pick(["a 60 held", "b 30", "c 10"], 0.74), "b weight");
  assert.equal(pick(["a 60 held", "b 30", "c 10"], 0.76), "c weight");
});

Deno.test("selectProvider: selects no candidate that is held or limited, and agrees with roomOfChannel", () => {
  const random = createRandom(13);
  const below = (end: number) => Math.floor(random() * end);
  for (let run = 0; run < 5_000; run++) {
    const candidates = Array.from({ length: below(4) }, (_, index) => {
      const availability = AVAILABILITIES[below(AVAILABILITIES.length)] ?? "ready";
      const room = availability === "ready" ? 1 + below(3) : availability === "probe" ? 1 : 0;
      const weight = [0, 0, 1, 100][below(4)] ?? 0;
      return { name: `p${index}`, weight, availability, room };
    });
    const selection: Selection<Candidate> = selectProvider(candidates, (c) => c, random());
    const room = roomOfChannel(candidates, (c) => c);
    assert.equal(selection.kind === "held", room === 0, JSON.stringify(candidates));
    assert.equal(selection.kind === "no-provider", candidates.length === 0);
    if (selection.kind !== "selected") continue;
    const { availability } = selection.provider;
    assert(availability === "ready" || availability === "probe");
    assert.equal(selection.reason === "probe", availability === "probe");
  }
});

Deno.test("roomOfChannel: adds the room of those that are selected now, and one for each probe", () => {
  const roomOf = (...texts: readonly string[]) => roomOfChannel(texts.map(candidate), (c) => c);
  assert.equal(roomOf(), Infinity);
  assert.equal(roomOf("a"), Infinity);
  assert.equal(roomOf("a 100 ready 3", "b 50 ready 4"), 7);
  assert.equal(roomOf("a 100 ready 3", "b 0 ready 4"), 3);
  assert.equal(roomOf("a 100 held", "b 0 ready 4"), 4);
  assert.equal(roomOf("a 100 probe", "b 0 ready 4"), 5);
  assert.equal(roomOf("a 100 limited", "b 0 ready 4"), 0);
  assert.equal(roomOf("a 100 held"), 0);
});
