import assert from "node:assert/strict";
import { MAX_RECIPIENT_ID_LENGTH } from "../../../domain/access/access_tokens.ts";
import { bodyOf } from "../support.ts";
import { ROUTES } from "./inbox/support.ts";
import { CITIZENS, messageOf, startRealms } from "./realms_support.ts";

const INBOX = "/api/notifications/inbox";
const UUID = "7d1b9f0c-3f0e-4a52-8a53-1d2b3f6f9c11";
const CHANNEL = "/api/settings/me/channels/email";

/** Deployments without realms: a person is the same whatever the issuer is. */
const ONE_PERSON = { ACCESS_TOKEN_REALMS: "", RECIPIENT_CLAIM: "preferred_username" };

Deno.test("RECIPIENT_CLAIM: a message to a username is read by the token that has it in preferred_username", async () => {
  await using realms = await startRealms(ONE_PERSON);
  await realms.publish("inbox:hello", "<p>Hello ${name}</p>");
  const { notifications } = await realms.send(messageOf([{ id: "olena" }]));
  const read = async (claims: Readonly<Record<string, unknown>>) =>
    await bodyOf(await realms.as(CITIZENS)(claims, "GET", INBOX), 200);
  const [message, ...others] = await read({ sub: UUID, preferred_username: "olena" });
  assert.deepEqual([message.id, others], [notifications[0].id, []]);
  assert.deepEqual(await read({ sub: "olena", preferred_username: UUID }), []);
  assert.deepEqual(
    await read({ sub: "olena", RECIPIENT_ID: "olena", preferred_username: "taras" }),
    [],
  );
});

Deno.test("RECIPIENT_CLAIM: unset, the recipient is RECIPIENT_ID, else sub", async () => {
  await using realms = await startRealms({ ACCESS_TOKEN_REALMS: "" });
  await realms.publish("inbox:hello", "<p>Hello ${name}</p>");
  await realms.send(messageOf([{ id: "olena", realm: "OFFICER" }]));
  const total = async (claims: Readonly<Record<string, unknown>>) =>
    (await bodyOf(await realms.as(CITIZENS)(claims, "GET", `${INBOX}/count`), 200)).total;
  assert.equal(await total({ sub: "olena" }), 1);
  assert.equal(await total({ sub: UUID, RECIPIENT_ID: "olena" }), 1);
  assert.equal(await total({ sub: UUID, preferred_username: "olena" }), 0);
});

Deno.test("RECIPIENT_CLAIM: a token without a usable claim is refused at every address, and told what to do", async () => {
  await using realms = await startRealms(ONE_PERSON);
  const person = realms.as(CITIZENS);
  const long = "x".repeat(MAX_RECIPIENT_ID_LENGTH);
  const unusable = [
    undefined,
    null,
    "",
    "  ",
    7,
    true,
    ["olena"],
    { name: "olena" },
    "a\nb",
    "\ud800",
  ];
  const addresses = [
    ...ROUTES,
    ["GET", "/api/settings/me"],
    ...["validate", "verify", "activate", "deactivate"].map((step) =>
      ["POST", `${CHANNEL}/${step}`] as const
    ),
  ] as const;
  for (const value of [...unusable, `${long}x`]) {
    const claims = { sub: "olena", RECIPIENT_ID: "olena", preferred_username: value };
    for (const [method, path] of addresses) {
      const { message } = await bodyOf(await person(claims, method, path), 401, path);
      assert.match(message, /claim preferred_username.*RECIPIENT_CLAIM.*not valid: recipient$/);
    }
  }
  await bodyOf(await person({ preferred_username: long }, "GET", INBOX), 200);
});

Deno.test("RECIPIENT_CLAIM: the name is plain: no member of an object, and nothing that every object has", async () => {
  const named = async (name: string, claims: Readonly<Record<string, unknown>>, status: number) => {
    await using realms = await startRealms({ ...ONE_PERSON, RECIPIENT_CLAIM: name });
    await bodyOf(await realms.as(CITIZENS)(claims, "GET", INBOX), status, name);
  };
  await named("user.name", { user: { name: "olena" } }, 401);
  await named("user.name", { "user.name": "olena" }, 200);
  await named("constructor", { sub: "olena" }, 401);
  await named("https://id.example/claims/username", {
    "https://id.example/claims/username": "olena",
  }, 200);
});

Deno.test("RECIPIENT_CLAIM: settings and passcodes belong to the claim's person", async () => {
  await using realms = await startRealms(ONE_PERSON);
  await realms.publish("inbox:hello", "<p>Hello ${name}</p>");
  await realms.publish("email:hello", "<p>Hello ${name}</p>");
  const olena = { sub: UUID, preferred_username: "olena", roles: ["citizen"] };
  const call = realms.as(CITIZENS);
  const address = "olena@example.com";
  await bodyOf(await call(olena, "POST", `${CHANNEL}/verify`, { address }), 202);
  await realms.server.idle();
  await realms.hark.settle();
  const [mail] = await realms.hark.sent();
  const verificationCode = /\b\d{6}\b/.exec(mail?.text ?? "")?.[0];
  const proof = { address, verificationCode };
  const other = { sub: "olena", preferred_username: "taras", roles: ["citizen"] };
  await bodyOf(await call(other, "POST", `${CHANNEL}/activate`, proof), 400);
  const activated = await call(olena, "POST", `${CHANNEL}/activate`, proof);
  assert.equal(activated.status, 200, await activated.text());
  const { channels } = await bodyOf(await call(olena, "GET", "/api/settings/me"), 200);
  assert.deepEqual(channels, [{ channel: "email", activated: true, address }]);
  const sent = await realms.send(messageOf([{ id: "olena" }]));
  assert.deepEqual(
    sent.notifications.map(({ channel }: { channel: string }) => channel),
    ["inbox", "email"],
  );
});
