/** What the twin needs of each provider. A further provider is one more file in `providers/`, and a row in `main.ts`. */
import type { Behaviour, Delivery } from "../../tests/support/stand_ins/scripted_server.ts";

/** A message that a provider has accepted. */
export interface AcceptedMessage {
  /** The provider's id of the message. */
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly text: string;
}

/** The contents of a receipt. */
export interface ReceiptFields {
  /** One of the provider's {@link TwinProvider.statuses}. */
  readonly status: string;
  /** The provider's error code, where its receipts have one. */
  readonly code?: number | undefined;
}

/** A text that a person sends to a number of the provider. */
export interface PersonsText {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** The word that the provider has recognised and answered by itself. */
  readonly optOut?: "STOP" | "START" | "HELP" | undefined;
}

/** An answer of Hark to a call of one of its webhooks. */
export interface HarkAnswer {
  readonly status: number;
  /** The answer's body, for a text only: it holds what Hark lets the provider send back. */
  readonly body?: string;
}

/** A provider of the twin: one of the strict servers of the tests, with what its scripts and receipts look like. */
export interface TwinProvider {
  /** As in Hark: `twilio`. */
  readonly name: string;
  /** The variables by which Hark calls this provider. */
  readonly environment: Readonly<Record<string, string>>;
  /** The statuses that a receipt can have, in the provider's words. */
  readonly statuses: readonly string[];
  /** The status of the receipt that a message gets unless a script says otherwise; `undefined` for none. */
  readonly success: string | undefined;
  /** Whether receipts have an error code. */
  readonly hasCodes: boolean;
  /** Whether the provider calls Hark with receipts, Hark asks for them, or there are none. */
  readonly receipts: "called" | "asked" | "none";
  /** Scripts the next call that sends. */
  next(behaviour: Behaviour): void;
  /** Scripts every other call; `undefined` for normal answers. */
  always(behaviour: Behaviour | undefined): void;
  /**
   * The body of an error in the provider's format; absent where an error is only a status, as a mail server's: it has no
   * code and no `Retry-After`, and is for messages that are not taken.
   */
  errorBody?(status: number, code: number): unknown;
  /** Calls the function before each answer to Hark; absent where Hark only hands messages over. */
  beforeAnswer?(run: () => void): void;
  /** How many calls came that send, whatever their answers. */
  calls(): number;
  /** The messages that were accepted since the last call of this function. */
  takeAccepted(): readonly AcceptedMessage[];
  /** Sets a message's status without a receipt: Hark finds it when it asks. */
  settle(id: string, receipt: ReceiptFields): void;
  /**
   * Sets a message's status and calls Hark with the receipt.
   *
   * @throws when Hark cannot be reached
   */
  report(id: string, receipt: ReceiptFields, delivery: Delivery): Promise<readonly number[]>;
  /** The provider recognises words such as `STOP`, answers them by itself, and tells Hark. */
  readonly recognisesOptOuts?: true;
  /** Calls Hark with a text that a person sent; absent where people cannot send texts. */
  receive?(text: PersonsText, delivery: Delivery): Promise<readonly HarkAnswer[]>;
  close(): Promise<void>;
}

/** What a provider of the twin is started with. */
export interface TwinProviderOptions {
  /** The port that it listens on; 0 for a free one. */
  readonly port: number;
  /** Hark's address, without a trailing slash. */
  readonly hark: string;
  /** The twin's clock, in epoch milliseconds. */
  readonly now: () => number;
}
