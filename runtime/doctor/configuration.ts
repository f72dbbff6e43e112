import { type Config, ConfigError, readConfig, warningsOf } from "../config.ts";
import { VARIABLES } from "../environment.ts";
import { findProgramInData } from "../process/data_files.ts";
import { type Finding, reportOn } from "./finding.ts";

const report = reportOn("configuration");

/** What was read, and whether the rest can be checked by it. */
export interface CheckedConfiguration {
  /** The configuration; when a start refuses it, as far as it can be read; `undefined` when it cannot. */
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
}

/** Reads the variables as `start` does, and names every problem, every warning, and variables that may be misspelt. */
export async function checkConfiguration(
  variables: Readonly<Record<string, string>>,
  programFolder: string,
): Promise<CheckedConfiguration> {
  const misspelt = findMisspelt(variables).map((name) =>
    report.warning(`${name} is not a variable of Hark: see docs/configuration.md for its names`)
  );
  try {
    const config = readConfig(variables, "production");
    const faults = (await findProgramInData(config.filesDir, programFolder)).map(report.fault);
    const warnings = warningsOf(config).map(report.warning);
    const findings = [...faults, ...warnings, ...misspelt];
    return {
      config,
      findings: faults.length > 0 ? findings : [report.ok("start accepts it"), ...findings],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const faults = error.message.split("\n").map(report.fault);
    return { config: readLenient(variables), findings: [...faults, ...misspelt] };
  }
}

/** Stand-ins for tokens that are refused. */
const NO_TOKENS = { ADMIN_TOKEN: "none-is-needed-here", METRICS_TOKEN: "", DISPATCH_TOKEN: "" };

/** A configuration that production refuses may still name the database and the providers. */
function readLenient(variables: Readonly<Record<string, string>>): Config | undefined {
  for (const tokens of [{}, NO_TOKENS]) {
    try {
      return readConfig({ ...variables, ...tokens }, "development");
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  return undefined;
}

/** Beginnings of names that hardly anything else uses. */
const PREFIXES = [...new Set(VARIABLES.map((name) => name.split("_", 1)[0] ?? ""))]
  .filter((word) => VARIABLES.filter((name) => name.startsWith(`${word}_`)).length > 1);

/** The names of variables that begin like those of Hark, and are not. */
function findMisspelt(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(variables).filter((name) =>
    !VARIABLES.includes(name) && PREFIXES.some((prefix) => name.startsWith(`${prefix}_`))
  );
}
