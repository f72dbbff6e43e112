/** Recipients verify, activate and deactivate the addresses of their channels. */
import { type AccessToken, personOf } from "../../domain/access/access_tokens.ts";
import type { ServiceId } from "../../domain/ids.ts";
import type { Clock } from "../../domain/ports/clock.ts";
import type {
  RecipientSettings,
  RecipientSettingsStore,
  TooManyCodes,
} from "../../domain/ports/recipient_settings_store.ts";
import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { PersonId } from "../../domain/recipient/realm.ts";
import {
  type ChannelAddress,
  parseChannelAddress,
  type RecipientChannel,
} from "../../domain/recipient_settings/channels.ts";
import { mayOwn } from "../../domain/recipient_settings/permission.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { SendOtp } from "./send_otp.ts";

/** The refusal of an address that is not valid for the channel, or that the service may not send to. */
export interface InvalidAddress {
  readonly kind: "invalid-address";
}

/** Why no passcode was sent. */
export type VerificationRefusal =
  | InvalidAddress
  /** The address is a tax number other than the one in the access token. */
  | { readonly kind: "not-own" }
  | TooManyCodes
  /** The template of passcodes shows no text for the roles in the access token. */
  | { readonly kind: "no-text" }
  /** The service may not send to the address, or is archived. */
  | { readonly kind: "not-sent" };

/** Why a channel was not activated. */
export type ActivationRefusal =
  | InvalidAddress
  /**
   * The passcode is wrong or expired, or another reason. Which one is not revealed: it would help to guess passcodes.
   */
  | { readonly kind: "not-verified" };

/** A recipient's channel with an address as typed. */
export interface TypedAddress {
  readonly channel: RecipientChannel;
  readonly address: string;
}

/**
 * Shows and changes recipients' channel settings: on which channels, and at which address, a person wants messages. The
 * access token names the recipient whose settings are changed.
 *
 * @throws {Error} for a token that names no person (`personOf`), which the caller refuses before
 */
export interface ChannelSettings {
  /** Returns the settings of any recipient. The caller checks whether they may be shown. */
  show(person: PersonId): Promise<RecipientSettings>;
  /** Checks whether an address is valid for the channel. It stores and sends nothing. */
  validate(typed: TypedAddress): Promise<Result<void, InvalidAddress>>;
  /**
   * Sends a new one-time passcode to the address, with which {@link activate} proves that it is the recipient's. It
   * resolves when the message is accepted, before it is delivered.
   *
   * @param typed `language` is a BCP 47 tag; the message is in the service's language when it is absent
   * @param waitUntil keeps the runtime alive for work that continues after the answer
   */
  verify(
    token: AccessToken,
    typed: TypedAddress & { readonly language: string | undefined },
    waitUntil: (work: Promise<unknown>) => void,
  ): Promise<Result<void, VerificationRefusal>>;
  /** Activates the channel with the address, if `code` is the passcode that {@link verify} sent to it. */
  activate(
    token: AccessToken,
    typed: TypedAddress & { readonly code: string },
  ): Promise<Result<void, ActivationRefusal>>;
  /** Deactivates the channel and stores the reason. `address` replaces the stored address; `undefined` keeps it. */
  deactivate(
    token: AccessToken,
    typed: {
      readonly channel: RecipientChannel;
      readonly address: string | undefined;
      readonly reason: string;
    },
  ): Promise<Result<void, InvalidAddress>>;
}

/** The dependencies of {@link createChannelSettings}. */
export interface ChannelSettingsPorts {
  readonly clock: Pick<Clock, "now">;
  readonly contexts: Pick<SendingContexts, "load">;
  readonly recipientSettings: RecipientSettingsStore;
  readonly sendCode: SendOtp;
  /** Generates a random passcode. */
  readonly newCode: () => string;
  /** The service that recipients' settings belong to. */
  readonly serviceId: ServiceId;
}

/** Creates the use cases of channel settings. */
export function createChannelSettings(ports: ChannelSettingsPorts): ChannelSettings {
  const { clock, contexts, recipientSettings, sendCode, newCode, serviceId } = ports;
  const personIn = (token: AccessToken) => {
    const person = personOf(token);
    if (person === undefined) throw new Error("the token names no person");
    return { serviceId, ...person };
  };

  async function parse(
    { channel, address }: TypedAddress,
  ): Promise<Result<ChannelAddress, InvalidAddress>> {
    const context = await contexts.load(serviceId, { fresh: false });
    if (context === undefined) throw new Error("the registries have no service");
    const parsed = parseChannelAddress(channel, address, context.service.settings);
    return parsed.ok ? parsed : refuse({ kind: "invalid-address" });
  }

  return {
    show: (person) => recipientSettings.settings({ serviceId, ...person }, clock.now()),
    async validate(typed) {
      const address = await parse(typed);
      return address.ok ? ok(undefined) : address;
    },
    async verify(token, typed, waitUntil) {
      const { channel, language } = typed;
      const address = await parse(typed);
      if (!address.ok) return address;
      if (!mayOwn(token, channel, address.value.normalised)) return refuse({ kind: "not-own" });
      const code = newCode();
      const started = await recipientSettings.startVerification(
        personIn(token),
        { channel, address: address.value, code },
        clock.now(),
      );
      if (!started.ok) return started;
      const { roles } = token;
      const message = { channel, address: address.value.address, code, roles, language };
      const sent = await sendCode(message, waitUntil);
      if (sent.ok) return ok(undefined);
      switch (sent.refusal.because) {
        case "limit":
          return refuse({ kind: "too-many-codes", retryAfterS: sent.refusal.retryAfterS });
        case "no-text":
          return refuse({ kind: "no-text" });
        case "refused":
          return refuse({ kind: "not-sent" });
      }
    },
    async activate(token, typed) {
      const { channel, code } = typed;
      const address = await parse(typed);
      if (!address.ok) return address;
      const verification = { channel, address: address.value, code };
      const isActivated = mayOwn(token, channel, address.value.normalised) &&
        await recipientSettings.activate(personIn(token), verification, clock.now()) ===
          "activated";
      return isActivated ? ok(undefined) : refuse({ kind: "not-verified" });
    },
    async deactivate(token, { channel, address: typed, reason }) {
      const address = typed === undefined ? undefined : await parse({ channel, address: typed });
      if (address !== undefined && !address.ok) return address;
      await recipientSettings.deactivate(
        personIn(token),
        channel,
        { address: address?.value, reason },
        clock.now(),
      );
      return ok(undefined);
    },
  };
}
