/** The log of real processes: what is written when they end, and when it is not read. */
import assert from "node:assert/strict";
import {
  makeFolder,
  migrateFolder,
  SANDBOX_ENVIRONMENT,
  serve,
  spawn,
  waitFor,
} from "../support/process.ts";

const PROCESS = new URL("../support/log_process.ts", import.meta.url);
const MAIN = new URL("../../main.ts", import.meta.url);

interface Line {
  readonly event: string;
  readonly line?: number;
  readonly count?: number;
  readonly status?: number;
}

function parse(text: string): readonly Line[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

for (
  const [end, code] of [["exitProcess", 3], ["Deno.exit", 3], ["uncaught error", 70], [
    "return",
    0,
  ]] as const
) {
  Deno.test(`writeLog: loses no line and keeps the order when the process ends by ${end}`, async () => {
    await using folder = await makeFolder();
    await using process = spawn([end, "5000"], { folder, entry: PROCESS });
    const ended = await process.ended;
    assert.equal(ended.code, code);
    assert.deepEqual(
      parse(ended.stdout).map(({ event, line }) => line ?? event),
      [
        "before",
        ...Array.from({ length: 5000 }, (_, at) => at + 1),
        ...(end === "uncaught error" ? ["uncaught-error"] : []),
      ],
    );
  });
}

/** Starts a process whose standard output is read until the text, and then no more. */
async function startUnread(
  args: readonly string[],
  entry: URL,
  until: string,
  options: Deno.CommandOptions,
) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", entry.pathname, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let stdout = "";
  while (!stdout.includes(until)) {
    const { value, done } = await reader.read();
    if (done) assert.fail(`the process has ended: ${stdout}`);
    stdout += value;
  }
  const read = async (): Promise<string> => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return stdout;
      stdout += value;
    }
  };
  return { child, stdout, read };
}

Deno.test("writeLog: neither blocks nor grows when its output is not read, and says how many lines were dropped", async () => {
  const { child, read } = await startUnread(["flood", "1"], PROCESS, "before", {});
  const alive = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let ticks = 0;
  while (ticks < 100) ticks += ((await alive.read()).value ?? assert.fail()).split("\n").length - 1;
  const reading = read();
  await waitFor("a line after the gap", async () => {
    ticks += ((await alive.read()).value ?? "").split("\n").length - 1;
    return ticks > 200;
  });
  child.kill("SIGKILL");
  await child.status;
  await alive.cancel();
  const text = await reading;
  const lines = parse(text.slice(0, text.lastIndexOf("\n")));
  const gap = lines.findIndex(({ event }) => event === "log-lines-dropped");
  assert.ok(gap > 0 && gap < lines.length - 1, "the gap is in the middle");
  const { count = 0 } = lines[gap] ?? {};
  // Of 100 lines of 100,000 characters at most two buffers of 10 and the pipe are kept.
  assert.ok(count >= 70, `${count} lines were dropped`);
});

Deno.test("start: serves on and stops on SIGTERM when its log is not read", async () => {
  await using folder = await makeFolder();
  await migrateFolder(folder);
  const { child, stdout, read } = await startUnread(["start"], MAIN, '"event":"listening"', {
    cwd: folder.path,
    env: SANDBOX_ENVIRONMENT,
  });
  const port = /"port":(\d+)/.exec(stdout)?.[1] ?? assert.fail(stdout);
  // A line of the log has about 150 bytes, and a pipe holds 65,536.
  for (let at = 0; at < 1_000; at++) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    assert.equal(answer.status, 200);
    await answer.body?.cancel();
  }
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 0);
  await Promise.all([read(), child.stderr.cancel()]);
});

Deno.test("start: has logged every answered request when it stops on SIGTERM or is killed later", async () => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await using folder = await makeFolder();
    await migrateFolder(folder);
    await using hark = await serve("start", { folder, environment: SANDBOX_ENVIRONMENT });
    for (let at = 0; at < 20; at++) await (await fetch(`${hark.url}/no-such-route`)).body?.cancel();
    // A batch is written without another event of the process.
    if (signal === "SIGKILL") {
      await waitFor("the lines", () => hark.stdout.match(/"status":404/g)?.length === 20);
    }
    const { stdout } = await hark.kill(signal);
    const lines = parse(stdout);
    assert.equal(lines.filter(({ status }) => status === 404).length, 20);
    assert.equal(lines.at(-1)?.event, signal === "SIGTERM" ? "stopped" : "request");
  }
});
