/** The twin: providers that follow scripts, and the receipts and texts that they send to Hark. */
import { SECOND_MS } from "../../domain/time/durations.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import { toBehaviour } from "./behaviour.ts";
import type { AcceptedMessage, HarkAnswer, TwinProvider } from "./provider.ts";
import type { InboundText, PlannedReceipt, ReceiptNow, Script } from "./requests.ts";

/** The messages that the twin shows; the oldest leave the list first. */
export const MAX_MESSAGES = 10_000;
/** How often the twin looks for messages and for receipts that are due, in milliseconds. */
const TICK_MS = 50;
/** When a message gets its receipt unless a script says otherwise. */
const DEFAULT_AFTER_MS = SECOND_MS;

const NO_ANSWER = "Hark does not answer";

/** A receipt of a message: planned, or sent. */
export interface TwinReceipt extends PlannedReceipt {
  readonly dueAt: number;
  /** The statuses of Hark's answers, one for each time; absent until it is sent. */
  answers?: readonly number[];
  /** Why there are no answers. */
  error?: string;
}

/** A message that a provider of the twin has accepted. */
export interface TwinMessage extends AcceptedMessage {
  readonly provider: string;
  readonly acceptedAt: number;
  readonly receipts: TwinReceipt[];
}

/** The twin. Refusals say what is wrong, and change nothing. */
export interface Twin {
  readonly providers: readonly TwinProvider[];
  /** Sets how a provider answers and which receipts it sends. */
  script(script: Script): Result<void, string>;
  /** Sends a receipt now. */
  sendReceipt(receipt: ReceiptNow): Promise<Result<readonly number[], string>>;
  /** Sends a text of a person to Hark. */
  receive(text: InboundText): Promise<Result<readonly HarkAnswer[], string>>;
  /**
   * Takes over the messages that providers have accepted, and begins to send the receipts that are due. The twin does it
   * by itself all the time: it is called before the clock is moved, so that no message counts as accepted later.
   */
  keepUp(): void;
  /** The messages, newest first. */
  messages(): readonly TwinMessage[];
  /** Stops the providers. */
  close(): Promise<void>;
}

/** Creates the twin. @param now its clock, in epoch milliseconds */
export function createTwin(providers: readonly TwinProvider[], now: () => number): Twin {
  const messages: TwinMessage[] = [];
  const plans = new Map<string, readonly PlannedReceipt[]>();
  const pending = new Set<{ readonly message: TwinMessage; readonly receipt: TwinReceipt }>();
  const find = (name: string) => providers.find((provider) => provider.name === name);
  const names = providers.map(({ name }) => name).join(", ");

  function plan(provider: TwinProvider, message: AcceptedMessage): void {
    const { name, success } = provider;
    const planned = plans.get(name) ?? (success === undefined ? [] : [{ status: success }]);
    const acceptedAt = now();
    const receipts = planned.map((receipt): TwinReceipt => ({
      ...receipt,
      dueAt: acceptedAt + (receipt.after ?? DEFAULT_AFTER_MS),
    }));
    const taken = { ...message, provider: name, acceptedAt, receipts };
    messages.push(taken);
    if (messages.length > MAX_MESSAGES) messages.shift();
    for (const receipt of receipts) pending.add({ message: taken, receipt });
  }

  async function send(provider: TwinProvider, id: string, receipt: TwinReceipt): Promise<void> {
    if (receipt.lost === true || provider.receipts !== "called") {
      provider.settle(id, receipt);
      receipt.answers = [];
      return;
    }
    const { times = 1, forged = false } = receipt;
    try {
      receipt.answers = await provider.report(id, receipt, { times, forged });
    } catch {
      receipt.error = NO_ANSWER;
    }
  }

  function keepUp(): void {
    for (const provider of providers) {
      for (const message of provider.takeAccepted()) plan(provider, message);
    }
    const at = now();
    const due = [...pending].filter(({ receipt }) => receipt.dueAt <= at)
      .toSorted((a, b) => a.receipt.dueAt - b.receipt.dueAt);
    for (const item of due) pending.delete(item);
    // The receipts of one message keep their order; messages do not wait for each other.
    for (const items of Map.groupBy(due, ({ message }) => message).values()) {
      void (async () => {
        for (const { message, receipt } of items) {
          const provider = find(message.provider);
          if (provider !== undefined) await send(provider, message.id, receipt);
        }
      })();
    }
  }

  const timer = setInterval(keepUp, TICK_MS);
  // Hark may ask as soon as its clock was moved, before the timer.
  for (const provider of providers) provider.beforeAnswer?.(keepUp);

  return {
    providers,
    script({ provider: name, next, always, receipts }) {
      const provider = find(name);
      if (provider === undefined) return refuse(`provider must be one of ${names}`);
      if (next === undefined && always === undefined && receipts === undefined) {
        return refuse("The script must have next, always or receipts");
      }
      const first = next?.map((answer, at) => toBehaviour(provider, answer, `next[${at}]`)) ?? [];
      const rest = always && toBehaviour(provider, always, "always");
      const fault = [...first, ...(rest ? [rest] : [])].find((behaviour) => !behaviour.ok);
      if (fault?.ok === false) return fault;
      if (always?.times !== undefined) return refuse("always.times is for next only");
      for (const [at, receipt] of receipts?.entries() ?? []) {
        const wrong = faultOfReceipt(provider, receipt);
        if (wrong !== undefined) return refuse(`receipts[${at}].${wrong}`);
      }
      for (const [at, behaviour] of first.entries()) {
        for (let i = 0; behaviour.ok && i < (next?.[at]?.times ?? 1); i++) {
          provider.next(behaviour.value);
        }
      }
      if (always !== undefined) provider.always(rest?.ok ? rest.value : undefined);
      if (receipts === null) plans.delete(name);
      else if (receipts !== undefined) plans.set(name, receipts);
      return ok(undefined);
    },
    async sendReceipt({ id, ...fields }) {
      keepUp();
      const message = messages.find((each) => each.id === id);
      const provider = message && find(message.provider);
      if (message === undefined || provider === undefined) {
        return refuse("id must be the id of a message, as GET /twin/messages has it");
      }
      const wrong = faultOfReceipt(provider, fields);
      if (wrong !== undefined) return refuse(wrong);
      const receipt: TwinReceipt = { ...fields, dueAt: now() };
      message.receipts.push(receipt);
      await send(provider, id, receipt);
      return receipt.answers === undefined ? refuse(NO_ANSWER) : ok(receipt.answers);
    },
    async receive({ provider: name, times = 1, forged = false, opt_out: optOut, ...text }) {
      const provider = name === undefined
        ? providers.find(({ receive }) => receive !== undefined)
        : find(name);
      const able = providers.filter(({ receive }) => receive !== undefined);
      if (provider?.receive === undefined) {
        return refuse(`provider must be one of ${able.map((each) => each.name).join(", ")}`);
      }
      if (optOut !== undefined && provider.recognisesOptOuts !== true) {
        return refuse(`opt_out is not possible with ${provider.name}: Hark recognises the words`);
      }
      try {
        return ok(await provider.receive({ ...text, optOut }, { times, forged }));
      } catch {
        return refuse(NO_ANSWER);
      }
    },
    keepUp,
    messages() {
      keepUp();
      return messages.toReversed();
    },
    async close() {
      clearInterval(timer);
      await Promise.all(providers.map((provider) => provider.close()));
    },
  };
}

/** What is wrong with a receipt; `undefined` when the provider can send it. */
function faultOfReceipt(provider: TwinProvider, receipt: PlannedReceipt): string | undefined {
  const { name, statuses, hasCodes, receipts } = provider;
  if (receipts === "none") return `status is not possible with ${name}, which has no receipts`;
  if (!statuses.includes(receipt.status)) {
    return `status must be one of ${statuses.join(", ")} with ${name}`;
  }
  if (receipt.code !== undefined && !hasCodes) return `code is not a part of ${name}'s receipts`;
  if (receipts === "called") return undefined;
  const field = (["times", "forged", "lost"] as const).find((each) => receipt[each] !== undefined);
  return field && `${field} is not possible with ${name}, which Hark asks for its receipts`;
}
