/** Lists that pause because too many of their messages fail. */
import assert from "node:assert/strict";
import { createMailbox } from "../../../adapters/providers/sandbox/mailbox.ts";
import { PAUSE_LOOK_MS } from "../../../application/jobs/announce_pauses.ts";
import { PAUSED_LOOK_MS } from "../../../application/delivery/prepare_rows.ts";
import { START_DELAY_MS } from "../../../domain/jobs/list_draft.ts";
import { MIN_ENDED_TO_PAUSE } from "../../../domain/jobs/job.ts";
import type { NotificationId } from "../../../domain/ids.ts";
import type { Mailbox } from "../../../domain/ports/mailbox.ts";
import { ANN } from "../../support/web_client.ts";
import {
  jobOf,
  listOf,
  type ListScene,
  openListScene,
  send,
  uploadList,
  work,
} from "./lists_support.ts";
import { test } from "../../support/runner.ts";

const TWILIO = {
  SMS_PROVIDER: "twilio",
  TWILIO_ACCOUNT_SID: "AC0123456789abcdef0123456789abcdef",
  TWILIO_AUTH_TOKEN: "twilio-token",
  TWILIO_FROM: "+15005550006",
};

/** The provider of texts: it refuses those of a list for good, and puts others into the mailbox. */
function refusingProvider(mailbox: Mailbox, refuses: () => boolean) {
  let accepted = 0;
  return {
    accepted: () => accepted,
    fetch: async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const form = new URLSearchParams(await new Request(input, init).text());
      const [to, text] = [form.get("To") ?? "", form.get("Body") ?? ""];
      if (text.includes("permit")) {
        if (refuses()) return Response.json({ code: 21211, message: "no" }, { status: 400 });
        accepted++;
      }
      const id = crypto.randomUUID();
      mailbox.add({
        id,
        channel: "sms",
        to,
        from: "",
        subject: null,
        text,
        html: null,
        headers: {},
        notification_id: id as NotificationId,
        sent_at: new Date().toISOString(),
      });
      return Response.json({ sid: `SM${id}`, status: "queued" }, { status: 201 });
    },
  };
}

async function openRefusingScene(): Promise<
  ListScene & { provider: ReturnType<typeof refusingProvider>; stop(): void }
> {
  const mailbox = createMailbox();
  let refuses = true;
  const provider = refusingProvider(mailbox, () => refuses);
  const scene = await openListScene({
    moves: true,
    mailbox,
    environment: TWILIO,
    fetch: provider.fetch,
  });
  return { ...scene, provider, stop: () => refuses = false };
}

const namesOf = (count: number) => Array.from({ length: count }, (_, at) => `Person ${at}`);

test.inside("lists: one whose messages a provider refuses pauses, tells its author, and goes on when resumed", async () => {
  await using scene = await openRefusingScene();
  const { client, hark } = scene;
  const draft = await uploadList(scene, listOf(namesOf(3 * MIN_ENDED_TO_PAUSE)));
  const path = await send(scene, draft);
  scene.pass(START_DELAY_MS);
  await work(scene);
  const paused = await jobOf(scene, path);
  assert.deepEqual([paused.status, paused.paused_by], ["paused", "failures"]);
  const failed = paused.counts["permanent-failure"];
  assert.ok(failed >= MIN_ENDED_TO_PAUSE && failed < 3 * MIN_ENDED_TO_PAUSE, String(failed));
  assert.match((await client.get(path)).text, /Paused: more than 20 % of its messages/);
  scene.pass(PAUSE_LOOK_MS);
  await work(scene);
  const told = hark.mailbox.list().filter(({ to, text }) =>
    to === ANN.email && text.includes("More than 20 %")
  );
  assert.equal(told.length, 1);
  assert.ok(told[0]?.text.includes(path));
  // Nothing more is sent while it is paused.
  scene.pass(PAUSED_LOOK_MS);
  await work(scene);
  assert.equal((await jobOf(scene, path)).counts["permanent-failure"], failed);
  scene.stop();
  await client.post(`${path}/change`, { action: "resume" }, { from: path, without: ["action"] });
  scene.pass(PAUSED_LOOK_MS);
  await work(scene);
  const resumed = await jobOf(scene, path);
  assert.equal(resumed.status, "finished");
  assert.equal(scene.provider.accepted(), 3 * MIN_ENDED_TO_PAUSE - failed);
});

test.inside("lists: one does not pause before as many messages have ended as it takes", async () => {
  await using scene = await openRefusingScene();
  const path = await send(scene, await uploadList(scene, listOf(namesOf(MIN_ENDED_TO_PAUSE - 1))));
  scene.pass(START_DELAY_MS);
  await work(scene);
  const { status, counts } = await jobOf(scene, path);
  assert.deepEqual([status, counts["permanent-failure"]], ["finished", MIN_ENDED_TO_PAUSE - 1]);
});
