/** The start-up banner of `deno task dev`, and the commands that it suggests. */
import type { Channel } from "../../domain/service/service.ts";
import { DAY_MS, SECOND_MS } from "../../domain/time/durations.ts";
import type { Config } from "../config.ts";
import { DEMO_TOKEN_LIFE_MS } from "./environment.ts";
import type { Demo } from "./secrets_file.ts";
import type { Program } from "../process/program.ts";
import { DEMO_TEMPLATE, type DevelopmentData } from "./seed_data.ts";

type ToShell = Program["toShell"];

/** The options of {@link banner}. */
interface BannerOptions {
  /** How far development's clock is ahead, in milliseconds; 0 by default. */
  readonly aheadMs?: number | undefined;
  /** Writes a command of this program for a shell. */
  readonly toShell: ToShell;
}

/**
 * Returns a shell command (curl) that sends a text message from the demo service. `root` is the server's address and
 * ends in a slash.
 */
export function textCommand(root: string, { templates }: Demo, toShell: ToShell): string {
  return `curl -sS ${root}v2/notifications/sms \\
  -H "Authorization: Bearer $(${toShell("token")})" \\
  -H "Content-Type: application/json" \\
  -d '{"phone_number": "07900 900123", "template_id": "${templates.sms}",
       "personalisation": {"name": "Ann", "date": "1 May", "bring": "yes"}}'`;
}

/**
 * Returns a shell command (curl) that sends a message to the demo citizen's inbox. `root` is the server's address and
 * ends in a slash.
 */
export function messageCommand(root: string, toShell: ToShell): string {
  return `curl -sS ${root}api/notifications \\
  -H "X-Access-Token: $(${toShell("token template-admin")})" \\
  -H "Content-Type: application/json" \\
  -d '{"notification": {"templateName": "${DEMO_TEMPLATE}"}, "recipients":
       [{"id": "demo-citizen", "parameters": {"name": "Ann", "date": "1 May"}}]}'`;
}

/**
 * Returns the banner, for the console: addresses, providers, demo keys and tokens, and commands to try. It contains
 * secrets.
 */
export function banner(
  { demo, accessTokens }: DevelopmentData,
  config: Config,
  port: number,
  { aheadMs = 0, toShell }: BannerOptions,
): string {
  const origin = `http://localhost:${port}`;
  const providersOf = (channel: Channel) =>
    config.channels[channel].map(({ name }) =>
      name === "sandbox" ? "sandbox (nothing is really sent)" : name
    ).join(", then ");
  const accessTokenAuth = accessTokens === undefined ? "" : `
  X-Access-Token, for ${DEMO_TOKEN_LIFE_MS / DAY_MS} days
    citizen    ${accessTokens.citizen}
    admin      ${accessTokens["template-admin"]}
`;
  const inbox = accessTokens === undefined ? "" : `
  Put a message into a demo citizen's inbox, and look at the inbox page

${messageCommand(`${origin}/`, toShell)}
`;
  const clock = aheadMs === 0
    ? ""
    : `\n  Clock        ${Math.round(aheadMs / SECOND_MS)} s ahead of this machine's: it was moved`;
  return `
  Hark is listening on ${origin}

  Pages        ${origin}/ ("Continue as demo user" signs in with one click)
  Mailbox      ${origin}/dev/mailbox${
    accessTokens === undefined ? "" : `\n  Inbox        ${origin}/dev/inbox`
  }
  SMS          ${providersOf("sms")}
  E-mail       ${providersOf("email")}${clock}

  Demo service ${demo.serviceId}
    live key   ${demo.keys.live}
    team key   ${demo.keys.team}
    test key   ${demo.keys.test}
    SMS        template ${demo.templates.sms}
    e-mail     template ${demo.templates.email}

  Admin token  ${config.adminToken}
${accessTokenAuth}
  Send a text: paste this into another terminal, in this folder, and look at the mailbox page

${textCommand(`${origin}/`, demo, toShell)}
${inbox}`;
}
