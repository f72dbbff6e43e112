import type { PagePosition } from "./page_position.ts";
import type { NewAuditEntry } from "../accounts/audit.ts";
import type { ServiceId } from "../ids.ts";
import type { Keyword } from "../inbound/keywords.ts";
import type { InboundNumber, IncomingText, ReceivedText } from "../inbound/received_text.ts";
import type { Service } from "../service/service.ts";

/** A text message that a service received, to be stored. */
export interface NewReceivedText {
  readonly id: string;
  readonly serviceId: ServiceId;
  readonly text: IncomingText;
  /** What it asks for: `stop` suppresses its sender for the service, `start` lifts that. */
  readonly keyword: Keyword | undefined;
  readonly reply: string | undefined;
  /** The id of the suppression that `stop` adds. */
  readonly suppressionId: string;
}

/** A page of received texts, newest first. */
export interface ReceivedTextQuery extends PagePosition<string> {
  readonly limit: number;
}

/** The numbers of services, and the texts that they receive. Numbers and texts are stored encrypted. */
export interface InboundStore {
  /** @returns `taken` when a service has the number; `full` when the service has `MAX_INBOUND_NUMBERS` */
  addNumber(
    serviceId: ServiceId,
    number: Omit<InboundNumber, "createdAt">,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<InboundNumber | "taken" | "full">;
  listNumbers(serviceId: ServiceId): Promise<readonly InboundNumber[]>;
  /** @returns whether the service had the number */
  deleteNumber(
    serviceId: ServiceId,
    id: string,
    now: number,
    audit?: NewAuditEntry,
  ): Promise<boolean>;
  /** The service to which a number belongs, given as digits without a plus sign; `undefined` when none has it. */
  findService(number: string): Promise<Service | undefined>;
  /**
   * Stores a text, what it asks for, and its announcement to the service's callback `inbound`, all or nothing.
   *
   * @returns `false` when the provider had delivered it before: nothing was written
   */
  receive(received: NewReceivedText, now: number): Promise<boolean>;
  /** The texts of a service that its retention keeps, newest first. */
  list(
    serviceId: ServiceId,
    query: ReceivedTextQuery,
    now: number,
  ): Promise<readonly ReceivedText[]>;
  /** As {@link list}, but only texts from the number `from`, compared exactly. */
  listFrom(
    serviceId: ServiceId,
    from: string,
    query: ReceivedTextQuery,
    now: number,
  ): Promise<readonly ReceivedText[]>;
}
