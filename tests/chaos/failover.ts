/** The first provider of texts is down for ten minutes under load, in moved time. */
import assert from "node:assert/strict";
import { PROVIDERS } from "../../runtime/providers.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../domain/time/durations.ts";
import { EXAMPLE_SMS } from "../runtime/example_sms.ts";
import { createRandom } from "../support/random.ts";
import { type Call, startScriptedServer, status } from "../support/stand_ins/scripted_server.ts";
import type { Sender } from "./client.ts";
import { countCopies } from "./copies.ts";
import { type MovedApplication, startMovedApplication } from "./moved_application.ts";
import { createReporter } from "./receipts.ts";
import type { RunOptions, RunResult } from "./scenario.ts";

/** How often a text is sent and the loop of the process looks for work, in moved milliseconds. */
const TEXT_EVERY_MS = { full: 250, short: 2_000 } as const;
const OUTAGE_MS = 10 * MINUTE_MS;
/** Max failed calls of the first provider before texts go to the second. */
const MAX_FAILURES = 20;
/** How long after the recovery texts go to the first provider again, and half of a backlog is gone. */
const RETURN_MS = 30 * SECOND_MS;
const HALF_GONE_MS = 5 * SECOND_MS;

/** Numbered texts at random intervals. */
function createLoad(run: MovedApplication, { seed, short }: RunOptions) {
  const random = createRandom(seed);
  const everyMs = short ? TEXT_EVERY_MS.short : TEXT_EVERY_MS.full;
  let sent = 0;
  return {
    get sent() {
      return sent;
    },
    /** Passes the time under load. */
    async run(
      sender: Sender,
      ms: number,
      afterStep: () => Promise<void>,
    ) {
      const end = run.now() + ms;
      while (run.now() < end) {
        await run.client.sendUntilAccepted([{ n: sent++, channel: "sms", sender }]);
        await run.pass(
          Math.min(end - run.now(), Math.ceil(2 * random() * everyMs)),
          everyMs,
          afterStep,
        );
      }
    },
  };
}

/** With a second provider: texts shift to it within 20 failures, and return after the recovery. */
export async function runFailover(options: RunOptions): Promise<RunResult> {
  await using second = await startSecond();
  await using run = await startMovedApplication({
    table: [...PROVIDERS, EXAMPLE_SMS],
    environment: {
      EXAMPLE_SMS_TOKEN: "token",
      EXAMPLE_SMS_FROM: "Library",
      EXAMPLE_SMS_BASE_URL: second.url,
    },
  });
  const { client, providers: { twilio }, origin } = run;
  const sender = await client.newSender();
  const load = createLoad(run, options);
  const reporter = createReporter(run.providers, () => "once");
  const report = async () => {
    await reporter.report();
    await second.report(origin);
  };
  await load.run(sender, MINUTE_MS, report);
  assert.equal(second.texts.length, 0, "the second provider stands by");

  twilio.always(status(500, { code: 20500, status: 500 }));
  const before = twilio.calls.length;
  let failures: number | undefined;
  await load.run(sender, OUTAGE_MS, async () => {
    if (second.texts.length > 0) failures ??= twilio.calls.length - before;
    await report();
  });
  assert(failures !== undefined && failures <= MAX_FAILURES, `${failures} failures, then a shift`);

  twilio.always(undefined);
  await load.run(sender, RETURN_MS, report);
  const [first, other] = [twilio.accepted.length, second.texts.length];
  await load.run(sender, MINUTE_MS, report);
  assert(twilio.accepted.length > first, "texts return to the first provider");
  assert.equal(second.texts.length, other, "the second provider stands by again");
  await run.pass(3 * HOUR_MS, MINUTE_MS, report);
  return {
    tally: await client.count(countCopies(run.providers, second.texts)),
    note: `${failures} failures before the shift; ${other} texts by the second provider`,
  };
}

/** Without a second provider: half of the backlog is gone five seconds after the recovery. */
export async function runBacklog(options: RunOptions): Promise<RunResult> {
  await using run = await startMovedApplication();
  const { client, providers: { twilio } } = run;
  const sender = await client.newSender();
  const load = createLoad(run, options);
  const reporter = createReporter(run.providers, () => "once");
  twilio.always(status(503, { code: 20503, status: 503 }));
  await load.run(sender, OUTAGE_MS, reporter.report);
  const backlog = load.sent - twilio.accepted.length;
  twilio.always(undefined);
  const startedAt = performance.now();
  await run.pass(HALF_GONE_MS, SECOND_MS / 5);
  const realMs = performance.now() - startedAt;
  const sent = twilio.accepted.length;
  assert(sent >= backlog / 2, `${sent} of ${backlog} texts five seconds after the recovery`);
  await run.pass(3 * HOUR_MS, MINUTE_MS, reporter.report);
  return {
    tally: await client.count(countCopies(run.providers)),
    note: `${sent} of ${backlog} gone 5 s after the recovery, ` +
      `in ${(realMs / 1000).toFixed(1)} s of real time`,
  };
}

/** A stand-in for the made-up second provider, which reports `arrived`. */
async function startSecond() {
  const taken: { readonly id: string; readonly text: string }[] = [];
  let reported = 0;
  const server = await startScriptedServer({
    answer({ body, method, path }: Call) {
      if (method !== "POST" || path !== "/messages") return { status: 404, body: "" };
      const message = { id: crypto.randomUUID(), text: String(JSON.parse(body).text) };
      taken.push(message);
      return { status: 201, body: { id: message.id } };
    },
    report: () => Promise.resolve(),
  });
  return {
    url: server.url,
    /** The texts that it took. */
    get texts() {
      return taken.map(({ text }) => text);
    },
    /** Reports on the texts that are new. */
    async report(origin: string): Promise<void> {
      for (const { id } of taken.slice(reported)) {
        reported++;
        const answer = await fetch(`${origin}/receipts/example-sms`, {
          method: "POST",
          headers: { authorization: "Bearer token" },
          body: JSON.stringify({ id, status: "arrived" }),
        });
        assert.equal(answer.status, 200, await answer.text());
      }
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
