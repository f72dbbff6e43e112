/** The command `doctor`. */
import type { Config } from "../config.ts";
import { checkAddress } from "../doctor/address.ts";
import { checkConfiguration } from "../doctor/configuration.ts";
import { checkDatabase } from "../doctor/database.ts";
import { type Finding, LEVELS, reportOn } from "../doctor/finding.ts";
import { checkMachine } from "../doctor/machine.ts";
import type { Program } from "../process/program.ts";
import { createProviderFetch } from "../provider_fetch.ts";
import {
  addressOf,
  CHECK_USAGE,
  type CheckArguments,
  checkConnections,
  connectForCheck,
  parseCheckArguments,
} from "./receipt_check.ts";

/**
 * Says what is wrong or missing in the deployment that the environment describes: a line for each finding, or with `--json`
 * one JSON object. `--to` sends a test message to the operator through each provider. It changes nothing. Ends the process
 * with 1 when there is a fault, and with 2 for a wrong call.
 */
export async function runDoctor({ folder, toUsage }: Program): Promise<void> {
  const args = Deno.args.slice(1);
  const isJson = args.includes("--json");
  const parsed = parseCheckArguments(args.filter((arg) => arg !== "--json"));
  if (typeof parsed === "string") {
    console.error(`${parsed}: ${toUsage(`doctor [--json] ${CHECK_USAGE}`)}`);
    Deno.exit(2);
  }
  const all: Finding[] = [];
  const note = (findings: readonly Finding[]) => {
    all.push(...findings);
    if (!isJson) {
      findings.forEach(({ level, part, text }) =>
        console.log(`${level.padEnd(7)}  ${part}: ${text}`)
      );
    }
  };
  const { config, findings } = await checkConfiguration(Deno.env.toObject(), folder);
  note(findings);
  if (config === undefined) {
    note([
      reportOn("doctor").warning("nothing else was checked: correct the variables first"),
    ]);
  } else {
    for await (const found of checkDeployment(config, parsed, toUsage)) note(found);
  }
  const status = LEVELS.findLast((level) => all.some((finding) => finding.level === level)) ?? "ok";
  if (isJson) console.log(JSON.stringify({ status, findings: all }, null, 2));
  Deno.exit(status === "fault" ? 1 : 0);
}

async function* checkDeployment(
  config: Config,
  args: CheckArguments,
  toUsage: Program["toUsage"],
): AsyncGenerator<readonly Finding[]> {
  const fetch = createProviderFetch();
  const connections = await connectForCheck(config, fetch);
  yield await checkMachine(config);
  yield await checkDatabase(config, connections.providers, toUsage("migrate"));
  yield await checkAddress(config, addressOf(args, config), fetch);
  const report = reportOn("providers");
  yield (await connections.check(AbortSignal.timeout(CHECK_MS))).map(report.warning);
  for (const check of checkConnections(connections, config, args, fetch)) {
    const { name, channel, isWrong, isUnchecked, line } = await check;
    const text = `${name} (${channel}): ${line}`;
    yield [
      isUnchecked === true ? report.warning(text) : isWrong ? report.fault(text) : report.ok(text),
    ];
  }
}

/** How long the providers may take to tell their settings, in milliseconds. */
const CHECK_MS = 15_000;
