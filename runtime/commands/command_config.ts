import { type Config, readConfig } from "../config.ts";
import { loadDevelopmentEnvironment } from "../development/environment.ts";

/** Stands in for the token of the management API, which the commands do not open. */
const NO_TOKEN = { ADMIN_TOKEN: "none-is-needed-here" };

/** The variables of commands that read and write accounts. */
const COMMAND_VARIABLES: readonly string[] = [
  "DATABASE_URL",
  "DATABASE_AUTH_TOKEN",
  "MASTER_KEY",
  "MASTER_KEY_PREVIOUS",
  "PORT",
  "PUBLIC_URL",
];

/**
 * Reads the configuration of a command beside a server: that of the environment, or that of development when
 * `DATABASE_URL` is not set.
 *
 * @throws ConfigError when a variable is missing or wrong
 */
export async function readCommandConfig(): Promise<Config> {
  const variables = Object.entries(Deno.env.toObject()).filter(([name, value]) =>
    COMMAND_VARIABLES.includes(name) && value !== ""
  );
  const environment = variables.some(([name]) => name === "DATABASE_URL")
    ? { ...NO_TOKEN, ...Object.fromEntries(variables) }
    : (await loadDevelopmentEnvironment(Deno.env.toObject())).environment;
  return readConfig(environment, "development");
}
