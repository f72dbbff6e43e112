/** Programs other than Deno, as a user runs them in a shell. */

/** How a program ended, with what it printed. */
export interface CommandResult {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs until it is stopped; disposing kills it. */
export interface RunningCommand extends AsyncDisposable {
  /** Its standard output and error so far. */
  output(): string;
  hasEnded(): boolean;
  /** Sends SIGTERM and waits for its end. */
  stop(): Promise<void>;
}

/** Runs a program until it ends. A program that is not installed counts as one that failed. */
export async function runCommand(
  program: string,
  args: readonly string[],
  cwd?: string,
): Promise<CommandResult> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      ...(cwd === undefined ? {} : { cwd }),
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, stdout: "", stderr: `${program} is not installed` };
  }
}

/** Starts a program. */
export function spawnCommand(
  program: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): RunningCommand {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...environment },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let printed = "";
  let isOver = false;
  async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) printed += text;
  }
  const ended = Promise.all([child.status, collect(child.stdout), collect(child.stderr)])
    .then(() => {
      isOver = true;
    });
  async function end(signal: Deno.Signal): Promise<void> {
    if (!isOver) child.kill(signal);
    await ended;
  }
  return {
    output: () => printed,
    hasEnded: () => isOver,
    stop: () => end("SIGTERM"),
    [Symbol.asyncDispose]: () => end("SIGKILL"),
  };
}
