import { bodyOf } from "../support.ts";
import { byChannels, startRegistry, type TestRegistry } from "./support.ts";

export const HELLO = "<p>Hello ${name}</p>";

export async function startWithTemplates(options = {}): Promise<TestRegistry> {
  const hark = await startRegistry(options);
  await hark.publish("inbox:hello", HELLO);
  await hark.publish("email:hello", HELLO);
  await hark.publish("sms:hello", "Hello ${name}");
  return hark;
}

export const listed = (channels: Parameters<typeof byChannels>[0], fields = {}) => ({
  notification: { templateName: "hello", ignoreChannelPreferences: true },
  recipients: [byChannels(channels, fields)],
});

export const inboxOf = async (hark: TestRegistry, id: string, headers = {}) =>
  await bodyOf(await hark.citizen(id)("GET", "/api/notifications/inbox", undefined, headers), 200);
