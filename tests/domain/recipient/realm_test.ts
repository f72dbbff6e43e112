import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { DEFAULT_REALM, parseRealm, personText, REALMS } from "../../../domain/recipient/realm.ts";

Deno.test("personText: two people have different texts, and a citizen the plain id", () => {
  // Ids have no control characters.
  const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .filter((text) => !/\p{Cc}/u.test(text));
  const realm = fc.constantFrom(...REALMS);
  fc.assert(fc.property(id, realm, id, realm, (a, ofA, b, ofB) => {
    const isSame = a === b && ofA === ofB;
    const texts = [
      personText({ recipientId: a, realm: ofA }),
      personText({ recipientId: b, realm: ofB }),
    ];
    assert.equal(texts[0] === texts[1], isSame);
    assert.equal(personText({ recipientId: a }), a);
    assert.equal(personText({ recipientId: a, realm: DEFAULT_REALM }), a);
  }));
  assert.notEqual(
    personText({ recipientId: "officerolena" }),
    personText({ recipientId: "olena", realm: "officer" }),
  );
});

Deno.test("parseRealm: takes the names in any case, and nothing else", () => {
  for (const name of ["OFFICER", "officer", "Officer"]) assert.equal(parseRealm(name), "officer");
  assert.equal(parseRealm("CITIZEN"), "citizen");
  for (const name of ["", " citizen", "citizens", "admin", "constructor", "officer\u0000"]) {
    assert.equal(parseRealm(name), undefined, name);
  }
});
