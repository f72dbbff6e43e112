/** Tells people that a list that they have sent was paused, because too many of its messages failed. */
import type { AccountStore } from "../../domain/ports/account_store.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type { JobStore } from "../../domain/ports/job_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { Job } from "../../domain/jobs/job.ts";
import { DAY_MS, SECOND_MS } from "../../domain/time/durations.ts";
import type { SendAccountMessage } from "../accounts/send_message.ts";

/** How often paused lists are looked for, in milliseconds. */
export const PAUSE_LOOK_MS = 30 * SECOND_MS;
/** How long the message may take. */
const VALID_MS = DAY_MS;

/** The dependencies of {@link createPauseAnnouncements}. */
export interface PauseAnnouncementPorts {
  readonly clock: Pick<Clock, "now">;
  readonly jobs: Pick<JobStore, "claimPauseAnnouncement" | "releasePauseAnnouncement">;
  readonly accounts: Pick<AccountStore, "get">;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly sendMessage: SendAccountMessage;
  /** The public URL of this deployment, without a trailing slash. */
  readonly publicUrl: string;
}

/**
 * Creates the function that sends a message for each list that was paused for its failures, to the person who sent it. A
 * list of a program has no author. Called often, it looks every {@link PAUSE_LOOK_MS}.
 */
export function createPauseAnnouncements(ports: PauseAnnouncementPorts): () => Promise<void> {
  const { clock, jobs } = ports;
  let nextLook = -Infinity;
  return async () => {
    const now = clock.now();
    if (now < nextLook) return;
    nextLook = now + PAUSE_LOOK_MS;
    for (;;) {
      const job = await jobs.claimPauseAnnouncement();
      if (job === undefined) return;
      try {
        await announce(ports, job);
      } catch (error) {
        await jobs.releasePauseAnnouncement(job.serviceId, job.id);
        throw error;
      }
    }
  };
}

async function announce(
  { accounts, clock, contexts, publicUrl, sendMessage }: PauseAnnouncementPorts,
  { serviceId, id, name, authorId, pauseAtFailures = 0 }: Job,
): Promise<void> {
  const author = authorId && await accounts.get(authorId);
  if (author === undefined || author.state !== "active") return;
  const context = await contexts.load(serviceId, { fresh: false });
  await sendMessage({
    name: "list-paused",
    to: author.emailAddress,
    language: author.language,
    values: {
      list: name,
      service: context?.service.name ?? "",
      share: String(pauseAtFailures),
      link: `${publicUrl}/services/${serviceId}/lists/${id}`,
    },
    validUntil: clock.now() + VALID_MS,
  }, (work) => {
    // The loop delivers what this does not.
    work.catch(() => {});
  });
}
