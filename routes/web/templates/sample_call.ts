/** A call of the API that sends with a template, to paste into a file. */
import type { TemplateVersion } from "../../../domain/template/template_record.ts";

/** A number of Ofcom's for films. */
const SAMPLE_NUMBER = "+447700900123";
const SAMPLE_ADDRESS = "ann@example.com";

/**
 * Returns a program for Node.js with GOV.UK Notify's client, which sends with the template.
 *
 * @param root the server's URL, ending in a slash
 */
export function templateCall(
  { id, channel, parsed }: Pick<TemplateVersion, "id" | "channel" | "parsed">,
  root: string,
): string {
  const values = parsed.placeholders.map((name) => `    ${JSON.stringify(name)}: "",\n`).join("");
  const personalisation = values === "" ? "{}" : `{\n${values}  }`;
  const method = channel === "email" ? "sendEmail" : "sendSms";
  const to = channel === "email" ? SAMPLE_ADDRESS : SAMPLE_NUMBER;
  return `// npm install notifications-node-client
import { NotifyClient } from "notifications-node-client";

const client = new NotifyClient(${JSON.stringify(root.replace(/\/$/, ""))}, process.env.API_KEY);
const { data } = await client.${method}(
  "${id}",
  "${to}",
  { personalisation: ${personalisation} },
);
console.log(data.id);`;
}
