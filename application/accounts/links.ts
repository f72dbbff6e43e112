/** Sends links by e-mail, and tells why one cannot be followed. */
import { MAIL_LIMITS, windowCharges } from "../../domain/accounts/limits.ts";
import { CODE_VALID_MS, type LinkPurpose } from "../../domain/accounts/one_time_codes.ts";
import type { OwnMessageName } from "../../domain/accounts/own_messages.ts";
import type { LinkRefusal } from "../../domain/accounts/refusals.ts";
import type { UserId } from "../../domain/ids.ts";
import type { IssuedLink, MailCharges, StoredLink } from "../../domain/ports/account_link_store.ts";
import type { EmailAddress } from "../../domain/recipient/email_address.ts";
import { ok, refuse, type Result } from "../../domain/result.ts";
import type { AccountRequest } from "./account_request.ts";
import { networkOfRequest } from "./new_session.ts";
import type { AccountDependencies } from "./ports.ts";

/** What a message to an address costs of the limits of the address and of the client's network. */
function mailCharges(request: AccountRequest, now: number): MailCharges {
  return {
    network: networkOfRequest(request),
    chargesOf: ({ address, network }) => [
      ...windowCharges(`mail-to:${address}`, MAIL_LIMITS.address, now),
      ...windowCharges(`mail-from:${network}`, MAIL_LIMITS.network, now),
    ],
  };
}

/** What is sent for a link: the name of the message, and the page that its link leads to. */
export interface LinkMessage {
  readonly name: OwnMessageName;
  /** The path below the deployment's URL. */
  readonly path: string;
}

/**
 * Stores a link and sends a message to the address: one of two, by whether it has an account. Beyond the limits nothing
 * is sent. The work is the same whether the address has an account or not.
 */
export async function sendLink(
  { clock, links, secrets, sendMessage }: Pick<
    AccountDependencies,
    "clock" | "links" | "secrets" | "sendMessage"
  >,
  link: {
    readonly purpose: LinkPurpose;
    readonly emailAddress: EmailAddress;
    readonly userId?: UserId | undefined;
  },
  messageOf: (account: IssuedLink["account"], token: string) => LinkMessage,
  request: AccountRequest,
): Promise<void> {
  const now = clock.now();
  const token = secrets.newToken();
  const { isAllowed, account } = await links.issue(
    { ...link, token },
    mailCharges(request, now),
    now,
  );
  if (!isAllowed) return;
  const { name, path } = messageOf(account, token);
  await sendMessage({
    name,
    to: link.emailAddress.address,
    language: request.language,
    values: { link: `${request.root}${path}` },
    validUntil: now + CODE_VALID_MS[link.purpose],
  }, request.waitUntil);
}

/** The link when it can be used, or why it cannot. */
export function openLink(link: StoredLink | undefined): Result<StoredLink, LinkRefusal> {
  if (link === undefined) return refuse({ kind: "link", because: "unknown" });
  return link.state === "valid" ? ok(link) : refuse({ kind: "link", because: link.state });
}
