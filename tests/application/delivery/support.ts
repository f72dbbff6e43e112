/** A dispatcher over real stores, without the application around it. */
import { createSandbox } from "../../../adapters/providers/sandbox/sandbox.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import type { Channel, ServiceSettings } from "../../../domain/service/service.ts";
import type { NotificationRef, TemplateId } from "../../../domain/ids.ts";
import type { Outbox } from "../../../domain/ports/outbox.ts";
import {
  createDispatcher,
  type Dispatcher,
  type DispatcherPorts,
} from "../../../application/delivery/dispatcher.ts";
import { type BackgroundWork, createBackgroundWork } from "../../../application/worker_loop.ts";
import type { LogEntry } from "../../../domain/ports/log.ts";
import { type Backend, BACKENDS } from "../../contracts/backends.ts";
import {
  accepted,
  type AcceptPlan,
  type Bench,
  newSender,
  openBench,
  type Sender,
} from "../../contracts/isolate.ts";

/** A bench with a dispatcher, and a service with a text and an e-mail template. */
export interface DispatchBench extends Bench {
  readonly sender: Sender;
  readonly dispatcher: Dispatcher;
  readonly tick: BackgroundWork;
  readonly logged: readonly LogEntry[];
  /** Accepts a text, or an e-mail to the address. */
  text(plan?: AcceptPlan): Promise<NotificationRef>;
  email(to: string, plan?: AcceptPlan): Promise<NotificationRef>;
  /** Dispatches all that is due at the bench's time, to its end. */
  drain(): Promise<void>;
  statusOf(ref: NotificationRef): Promise<string | undefined>;
  /** A notification's timeline in short: each line's kind and what it tells. */
  story(ref: NotificationRef): Promise<readonly string[]>;
}

/** Opens one; channels without a provider have a sandbox. */
export async function openDispatch(
  { providers = {}, settings = {}, outbox = (real) => real, backend = BACKENDS[0] }: {
    readonly providers?: DispatcherPorts["providers"];
    readonly settings?: Partial<ServiceSettings>;
    readonly outbox?: (real: Outbox) => Outbox;
    /** In memory, unless told. */
    readonly backend?: Backend | undefined;
  } = {},
): Promise<DispatchBench> {
  if (backend === undefined) throw new Error("no backend");
  const bench = await openBench(backend);
  const { clock, contexts, hands, management, receipts, retention } = bench;
  const sender = await newSender(bench, { settings });
  const emailTemplateId = crypto.randomUUID() as TemplateId;
  await management.createTemplate(sender.serviceId, {
    id: emailTemplateId,
    channel: "email",
    name: "Letter",
    subject: "Hello ((name))",
    body: "Dear ((name))",
  }, hands.now);
  const revision = (await contexts.load(sender.serviceId, { fresh: true }))?.service.revision;
  const current = { ...sender, revision: revision ?? sender.revision };
  const sandbox = (channel: Channel) => createSandbox(channel, clock);
  const sandboxes = {
    sms: sandbox("sms"),
    email: sandbox("email"),
    inbox: sandbox("inbox"),
    diia: sandbox("diia"),
  };
  const logged: LogEntry[] = [];
  const dispatcher = createDispatcher({
    clock,
    outbox: outbox(bench.outbox),
    receipts,
    contexts,
    templates: management,
    providers: { ...sandboxes, ...providers },
    simulators: sandboxes,
    log: (entry) => logged.push(entry),
    publicUrl: "http://hark.test",
  });
  const tick = createBackgroundWork({
    dispatcher,
    jobs: { runOnce: () => Promise.resolve(false) },
    receipts,
    retention,
    clock,
  });
  return {
    ...bench,
    sender: current,
    dispatcher,
    tick,
    logged,
    text: (plan) => accepted(bench, current, plan),
    email: (to, plan = {}) =>
      accepted(bench, current, {
        channel: "email",
        sender: "library@hark.test",
        fragments: null,
        templateId: emailTemplateId,
        ...plan,
        personal: { to, recipient: to, subject: "Hello Ada", ...plan.personal },
      }),
    drain: async () => await (await tick.dispatch(new AbortController().signal)).ended,
    statusOf: async (ref) => (await bench.notifications.get(ref))?.status,
    async story(ref) {
      const timeline = await bench.notifications.timeline(ref) ?? [];
      return timeline.slice(1).map(({ kind, facts }) =>
        [
          kind,
          ...[facts.attempt, facts.outcome, facts.code, facts.status].filter((fact) =>
            fact !== undefined
          ),
          ...(facts.possible_duplicate ? ["possible_duplicate"] : []),
          ...(facts.until === undefined ? [] : [facts.until]),
        ].join(" ")
      );
    },
  };
}

/** A provider that says what it is told to, of each message or of a batch of up to `most`. */
export function scriptedProvider(
  channel: Channel,
  answer: (to: string) => SendOutcome | Promise<SendOutcome>,
  most?: number,
): Provider & { readonly calls: (readonly string[])[] } {
  const calls: (readonly string[])[] = [];
  return {
    name: "scripted",
    channel,
    calls,
    async send(message) {
      calls.push([message.to]);
      return await answer(message.to);
    },
    ...(most === undefined ? {} : {
      batch: {
        most,
        async send(messages) {
          calls.push(messages.map(({ to }) => to));
          return await Promise.all(messages.map(({ to }) => answer(to)));
        },
      },
    }),
  };
}

/** A provider's acceptance, under an id of its own. */
export const taken = (): SendOutcome => ({
  kind: "accepted",
  providerMessageId: crypto.randomUUID(),
});
