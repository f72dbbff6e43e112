/** What is reported of open inboxes without news. */
import { type IdleInboxes, OPEN_INBOXES } from "../long/idle_inboxes.ts";
import type { Section } from "./sections.ts";
import { formatSpeeds } from "./table.ts";

/** The most calls of the database that the open inboxes may cost in an hour. */
const BAR = 1_000;

const n = (count: number) => count.toLocaleString("en");

/** The calls of the database, those of the crons apart. */
export function idleInboxes(
  { seconds, calls, reads, cronCalls, cronReads, crons, ...others }: IdleInboxes,
): Section {
  const { openingCalls, renewals, heartbeats, interruptions } = others;
  const own = calls - cronCalls;
  const text = formatSpeeds([{
    what: `${n(OPEN_INBOXES)} open inboxes for ${n(seconds / 60)} minutes without news`,
    measured: `${n(own)} calls of the database (opening them took ${n(openingCalls)})`,
    bar: `${n(BAR)} an hour`,
    isMet: own <= BAR * seconds / 3_600,
  }, {
    what: `the same with the ${n(crons)} crons, which run without open inboxes too`,
    measured: `${n(reads)} calls that read, ${n(calls)} in all; of crons ${n(cronReads)} and ` +
      n(cronCalls),
    bar: `${n(BAR)} reads an hour`,
    isMet: reads <= BAR * seconds / 3_600,
  }, {
    what: "sockets that came back with a new token; answers to pings; other interruptions",
    measured: `${n(renewals)}; ${n(heartbeats)}; ${n(interruptions)}`,
    bar: "–",
  }]);
  return { name: "idle-inboxes", text };
}
