/** A dispatcher over real stores, without the application around it. */
import { createUpkeepLeases } from "../../../adapters/libsql/upkeep/upkeep_leases.ts";
import { createSandbox } from "../../../adapters/providers/sandbox/sandbox.ts";
import { createProviderStore } from "../../../adapters/libsql/providers/provider_settings.ts";
import {
  createProviderHealth,
  type ProviderHealth,
} from "../../../application/delivery/provider_health.ts";
import type { Provider, SendOutcome } from "../../../domain/ports/provider.ts";
import type { Channel, ServiceSettings } from "../../../domain/service/service.ts";
import type { NotificationRef, TemplateId } from "../../../domain/ids.ts";
import type { Outbox } from "../../../domain/ports/outbox.ts";
import { createDispatcher, type Dispatcher } from "../../../application/delivery/dispatcher.ts";
import {
  type BackgroundWork,
  createBackgroundWork,
} from "../../../application/background/background_work.ts";
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
  readonly backgroundWork: BackgroundWork;
  readonly health: ProviderHealth;
  readonly logged: readonly LogEntry[];
  /** Accepts a text, or an e-mail to the address. */
  text(plan?: AcceptPlan): Promise<NotificationRef>;
  email(to: string, plan?: AcceptPlan): Promise<NotificationRef>;
  /** Dispatches everything that is due at the bench's time, and waits for its end. */
  drain(): Promise<void>;
  statusOf(ref: NotificationRef): Promise<string | undefined>;
  /** A notification's timeline in short: the kind and the facts of each event. */
  story(ref: NotificationRef): Promise<readonly string[]>;
}

/** Creates a dispatcher; channels without a provider get a sandbox. */
export async function openDispatch(
  {
    providers = {},
    settings = {},
    outbox = (real) => real,
    backend = BACKENDS[0],
  }: {
    /** One provider of a channel, or its candidates. */
    readonly providers?: Readonly<Partial<Record<Channel, Provider | readonly Provider[]>>>;
    readonly settings?: Partial<ServiceSettings>;
    readonly outbox?: (real: Outbox) => Outbox;
    /** Defaults to an in-memory database. */
    readonly backend?: Backend | undefined;
  } = {},
): Promise<DispatchBench> {
  if (backend === undefined) throw new Error("no backend");
  const bench = await openBench(backend);
  const { clock, contexts, time: time, management, receipts, retention } = bench;
  const sender = await newSender(bench, { settings });
  const emailTemplateId = crypto.randomUUID() as TemplateId;
  await management.createTemplate(sender.serviceId, {
    id: emailTemplateId,
    channel: "email",
    name: "Letter",
    subject: "Hello ((name))",
    body: "Dear ((name))",
  }, time.now);
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
  const candidates = {
    sms: toCandidates(providers.sms ?? sandboxes.sms),
    email: toCandidates(providers.email ?? sandboxes.email),
    inbox: toCandidates(providers.inbox ?? sandboxes.inbox),
    diia: toCandidates(providers.diia ?? sandboxes.diia),
  };
  const health = createProviderHealth({
    providers: candidates,
    store: createProviderStore(bench.db, bench.audit),
    clock,
    log: (entry) => logged.push(entry),
  });
  await health.refresh();
  const dispatcher = createDispatcher({
    clock,
    outbox: outbox(bench.outbox),
    receipts,
    contexts,
    templates: management,
    providers: candidates,
    simulators: sandboxes,
    health,
    log: (entry) => logged.push(entry),
    publicUrl: "http://hark.test",
  });
  const backgroundWork = createBackgroundWork({
    dispatcher,
    health,
    outbox: bench.outbox,
    jobs: { runOnce: () => Promise.resolve(false) },
    callbacks: {
      start: () => Promise.resolve(false),
      isServing: () => false,
      freed: () => Promise.resolve(),
    },
    runDeadLetters: () => Promise.resolve(),
    receipts,
    retention,
    leases: createUpkeepLeases(bench.db, clock),
    clock,
  });
  return {
    ...bench,
    sender: current,
    dispatcher,
    backgroundWork,
    health,
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
    drain: async () =>
      void await (await backgroundWork.dispatch(new AbortController().signal)).ended,
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

function toCandidates(providers: Provider | readonly Provider[]): readonly Provider[] {
  return "send" in providers ? [providers] : providers;
}

/** A provider with scripted outcomes, for single messages or for batches of up to `most`. */
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

/** A provider's acceptance, with a new message id. */
export const acceptedOutcome = (): SendOutcome => ({
  kind: "accepted",
  providerMessageId: crypto.randomUUID(),
});
