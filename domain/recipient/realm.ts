/**
 * The realms of the registries platform (state registers of Ukraine): an officer and a citizen of one username are two
 * people.
 */

/** The realms that people can belong to. */
export const REALMS = ["citizen", "officer"] as const;
/** The realm of a person: it says which of the platform's portals they sign in to. */
export type Realm = typeof REALMS[number];

/**
 * The realm of messages that name none, and of all that was stored without a realm: on the platform all recipients were
 * citizens before messages had realms.
 */
export const DEFAULT_REALM: Realm = "citizen";

/** A person's id, in its realm. Without a realm it belongs to {@link DEFAULT_REALM}. */
export interface PersonId {
  readonly recipientId: string;
  readonly realm?: Realm;
}

/** Parses the name of a realm in any case, such as `OFFICER`. @returns `undefined` when there is no such realm */
export function parseRealm(text: string): Realm | undefined {
  const name = text.toLowerCase();
  return REALMS.find((realm) => realm === name);
}

/**
 * Returns one text for a person: two people have different ones, also when their ids are equal. The people of
 * {@link DEFAULT_REALM} have their plain id, so that rows that were stored before there were realms stay theirs.
 */
export function personText({ recipientId, realm = DEFAULT_REALM }: PersonId): string {
  // An id contains no control character, so that no id equals the text of another realm.
  return realm === DEFAULT_REALM ? recipientId : `${realm}\u0000${recipientId}`;
}

/** Why a message has no inbox: the deployment gives the realm to no issuer of access tokens. */
export interface UnknownRealm {
  readonly kind: "realm-unknown";
  /** The realm of the message; `undefined` when it names none, which is {@link DEFAULT_REALM}. */
  readonly named: Realm | undefined;
  /** The realms that the deployment gives to its issuers of access tokens. */
  readonly known: readonly Realm[];
}
