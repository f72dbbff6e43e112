import assert from "node:assert/strict";
import {
  createSecurityLog,
  MAX_SECURITY_LINES_PER_SECOND,
} from "../../../application/access/security_log.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";

const REFUSED = { event: "credential-refused", client: "192.0.2.1" } as const;
const LIMITED = { event: "limit-reached", client: "192.0.2.1" } as const;

function openLog() {
  const lines: LogEntry[] = [];
  const time = { now: 5_000 };
  return { lines, time, log: createSecurityLog(() => time.now, (entry) => lines.push(entry)) };
}

const repeat = (times: number, run: () => void) => {
  for (let i = 0; i < times; i++) run();
};

Deno.test("createSecurityLog: writes the lines that a second may have, and counts further ones", () => {
  const { lines, log, time } = openLog();
  repeat(MAX_SECURITY_LINES_PER_SECOND, () => log.write(REFUSED));
  assert.equal(lines.length, MAX_SECURITY_LINES_PER_SECOND);
  repeat(3, () => log.write(REFUSED));
  time.now = 5_999;
  log.write(REFUSED);
  log.flush();
  assert.equal(lines.length, MAX_SECURITY_LINES_PER_SECOND);
  time.now = 6_000;
  log.write(REFUSED);
  assert.deepEqual(lines.slice(MAX_SECURITY_LINES_PER_SECOND), [
    { event: "security-events-omitted", omitted_event: "credential-refused", count: 4 },
    REFUSED,
  ]);
});

Deno.test("createSecurityLog: flush reports omitted lines once, when their second is over", () => {
  const { lines, log, time } = openLog();
  log.flush();
  repeat(MAX_SECURITY_LINES_PER_SECOND + 1, () => log.write(REFUSED));
  time.now = 9_000;
  log.flush();
  log.flush();
  assert.deepEqual(lines.slice(MAX_SECURITY_LINES_PER_SECOND), [
    { event: "security-events-omitted", omitted_event: "credential-refused", count: 1 },
  ]);
});

Deno.test("createSecurityLog: a flood of one event leaves the lines of another", () => {
  const { lines, log } = openLog();
  repeat(1_000, () => log.write(REFUSED));
  log.write(LIMITED);
  assert.equal(lines.length, MAX_SECURITY_LINES_PER_SECOND + 1);
  assert.deepEqual(lines.at(-1), LIMITED);
});

Deno.test("createSecurityLog: goes on when the clock is set back", () => {
  const { lines, log, time } = openLog();
  repeat(MAX_SECURITY_LINES_PER_SECOND + 1, () => log.write(REFUSED));
  time.now = 1_000;
  log.write(REFUSED);
  assert.equal(lines.length, MAX_SECURITY_LINES_PER_SECOND + 2);
});
