/** A client of a run: it sends numbered messages, repeats requests that were not answered, and counts how they ended. */
import assert from "node:assert/strict";
import {
  type Answered,
  callAs,
  manage,
  newService,
  newTemplate,
  type Reach,
  timelineOf,
} from "../conformance/services.ts";
import { issueRequestToken } from "../support/application.ts";
import { pause, waitFor } from "../support/process.ts";
import { numberIn } from "./copies.ts";
import type { MovedClock } from "./moved_clock.ts";
import { countMessages, type Tally } from "./tally.ts";

/** The channels of a run. */
export type RunChannel = "sms" | "email";

/** A service with a key, and a template of each channel. */
export interface Sender {
  readonly serviceId: string;
  readonly key: string;
  readonly templates: Readonly<Record<RunChannel, string>>;
}

/** A message of the run. `n` is part of its text, and different for each message. */
export interface RunMessage {
  readonly n: number;
  readonly channel: RunChannel;
  readonly sender: Sender;
}

/** A message that was answered with 201. */
export interface AcceptedMessage extends RunMessage {
  /** Its notification; `undefined` for a row of a job, whose notification is created after the answer. */
  readonly id: string | undefined;
}

/** The client. */
export interface RunClient {
  /** Every message that was answered with 201, by its number. */
  readonly accepted: ReadonlyMap<number, AcceptedMessage>;
  /** Creates a service. With `callbackUrl`, it has a callback for changes of statuses. */
  newSender(callbackUrl?: string): Promise<Sender>;
  /** Sends one message, or several of a service in a batch, once. @returns whether all are accepted */
  send(messages: readonly RunMessage[]): Promise<boolean>;
  /** Sends messages of one channel as the rows of a job, once. @returns whether the job is accepted */
  sendJob(messages: readonly RunMessage[]): Promise<boolean>;
  /**
   * Repeats {@link send}, or {@link sendJob}, until all are accepted, as services do after 503, 409 and lost answers.
   */
  sendUntilAccepted(messages: readonly RunMessage[], isJob?: boolean): Promise<void>;
  /** The notification of an accepted message; `undefined` when Hark does not have it (yet). */
  idOf(message: AcceptedMessage): Promise<string | undefined>;
  statusOf(message: AcceptedMessage): Promise<string | undefined>;
  /** Waits until every accepted message satisfies the condition. */
  waitForAll(what: string, holds: (status: string | undefined) => boolean): Promise<void>;
  /** Counts every accepted message by Hark's answers and the providers' copies, by number. */
  count(copies: ReadonlyMap<number, number>): Promise<Tally>;
}

/** How long the client waits before it repeats a request. */
const REPEAT_MS = 100;
/** Only a failing run reaches it. */
const TIMEOUT_MS = 120_000;

function recipientOf({ n, channel }: RunMessage): string {
  return channel === "sms" ? `07900900${100 + n % 900}` : `ann${n}@example.com`;
}

/**
 * Creates the client.
 *
 * @param clock the time of the tokens, which is Hark's
 */
export function createRunClient(reach: Reach, clock: Pick<MovedClock, "now">): RunClient {
  const accepted = new Map<number, AcceptedMessage>();

  async function call(
    { key }: Sender,
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered | undefined> {
    const token = await issueRequestToken(key, Math.floor(clock.now() / 1000));
    try {
      return await callAs(reach, key, method, path, body, {
        ...headers,
        Authorization: `Bearer ${token}`,
      });
    } catch {
      // The process has ended, or the answer was lost.
      return undefined;
    }
  }

  function accept(message: RunMessage, id: string): void {
    const before = accepted.get(message.n);
    assert(before === undefined || before.id === id, `message ${message.n} has two ids`);
    accepted.set(message.n, { ...message, id });
  }

  function toBody(message: RunMessage) {
    const { n, channel, sender } = message;
    return {
      [channel === "sms" ? "phone_number" : "email_address"]: recipientOf(message),
      template_id: sender.templates[channel],
      personalisation: { n },
    };
  }

  async function sendOne(message: RunMessage): Promise<boolean> {
    const path = `/v2/notifications/${message.channel}`;
    const answer = await call(message.sender, "POST", path, toBody(message), {
      "Idempotency-Key": `message-${message.n}`,
    });
    if (answer === undefined) return false;
    assert([201, 409, 503].includes(answer.status), JSON.stringify(answer.body));
    if (answer.status !== 201) return false;
    accept(message, answer.body.id);
    return true;
  }

  async function sendBatch(sender: Sender, messages: readonly RunMessage[]): Promise<boolean> {
    const notifications = messages.map((message) => ({
      type: message.channel,
      ...toBody(message),
      idempotency_key: `message-${message.n}`,
    }));
    const answer = await call(sender, "POST", "/v2/notifications/batch", { notifications });
    if (answer === undefined) return false;
    assert([200, 503].includes(answer.status), JSON.stringify(answer.body));
    if (answer.status !== 200) return false;
    messages.forEach((message, at) => {
      const item = answer.body.notifications[at];
      assert([201, 409, 503].includes(item.status_code), JSON.stringify(item));
      if (item.status_code === 201) accept(message, item.id);
    });
    return messages.every(({ n }) => accepted.has(n));
  }

  const client: RunClient = {
    accepted,
    async newSender(callbackUrl) {
      const { id, keys } = await newService(reach, { rate_limit_per_minute: 100_000 });
      const body = "Number ((n)).";
      const sender = {
        serviceId: id,
        key: keys.live,
        templates: {
          sms: await newTemplate(reach, id, { channel: "sms", name: "Text", body }),
          email: await newTemplate(reach, id, {
            channel: "email",
            name: "E-mail",
            subject: "A message",
            body,
          }),
        },
      };
      if (callbackUrl !== undefined) {
        const path = `/manage/services/${id}/callbacks/delivery`;
        const token = "a-token-of-the-consumer";
        const set = await manage(reach, "PUT", path, { url: callbackUrl, bearer_token: token });
        assert.equal(set.status, 200, JSON.stringify(set.body));
      }
      return sender;
    },
    async send(messages) {
      const [first, ...others] = messages;
      if (first === undefined) return true;
      return others.length === 0 ? await sendOne(first) : await sendBatch(first.sender, messages);
    },
    async sendJob(messages) {
      const [first] = messages;
      if (first === undefined) return true;
      const { sender, channel, n } = first;
      const isSms = channel === "sms";
      const rows = messages.map((message) => [recipientOf(message), message.n]);
      const answer = await call(sender, "POST", "/v2/notifications/bulk", {
        name: `Job ${n}`,
        template_id: sender.templates[channel],
        rows: [[isSms ? "phone number" : "email address", "n"], ...rows],
      }, { "Idempotency-Key": `job-${n}` });
      if (answer === undefined) return false;
      assert([201, 409, 503].includes(answer.status), JSON.stringify(answer.body));
      if (answer.status !== 201) return false;
      for (const message of messages) accepted.set(message.n, { ...message, id: undefined });
      return true;
    },
    async sendUntilAccepted(messages, isJob = false) {
      const send = isJob ? client.sendJob : client.send;
      await waitFor("messages to be accepted", () => send(messages), {
        everyMs: REPEAT_MS,
        timeoutMs: TIMEOUT_MS,
      });
    },
    async idOf(message) {
      if (message.id !== undefined) return message.id;
      const path = "/v2/notifications?include_jobs=true";
      const answer = await call(message.sender, "GET", path);
      const rows: readonly { readonly id: string; readonly body: string }[] =
        answer?.body?.notifications ?? [];
      return rows.find(({ body }) => numberIn(body) === message.n)?.id;
    },
    async statusOf(message) {
      const { sender } = message;
      for (;;) {
        const id = await client.idOf(message);
        if (id === undefined) return undefined;
        const answer = await call(sender, "GET", `/v2/notifications/${id}`);
        if (answer?.status === 200) return answer.body.status;
        if (answer?.status === 404) return undefined;
        await pause(REPEAT_MS);
      }
    },
    async waitForAll(what, holds) {
      const waiting = new Set(accepted.values());
      await waitFor(what, async () => {
        for (const message of waiting) {
          if (holds(await client.statusOf(message))) waiting.delete(message);
          else return false;
        }
        return true;
      }, { timeoutMs: TIMEOUT_MS });
    },
    async count(copies) {
      const messages = [];
      for (const message of accepted.values()) {
        const id = await client.idOf(message);
        messages.push({
          status: await client.statusOf(message),
          copies: copies.get(message.n) ?? 0,
          timeline: id === undefined ? [] : await timelineOf(reach, message.sender.serviceId, id),
        });
      }
      return countMessages(messages);
    },
  };
  return client;
}
