import { createPlural } from "./plural.ts";

/** The English texts of management tokens. */
export const EN_TOKENS = {
  tokens: {
    title: "Management tokens",
    lead:
      "A program identifies itself with a token when it calls the management API. Give each program its own.",
    create: "Create a token",
    none: "No tokens yet",
    name: "Name",
    may: "May",
    created: "Created",
    lastUsed: "Last used",
    expires: "Last day",
    never: "Never",
    state: "State",
    expired: "Expired",
    revoked: (date: string) => `Revoked ${date}`,
    revoke: "Revoke",
    revokeOf: (name: string) => `Revoke ${name}`,
    newTitle: "Create a management token",
    newName: "Name of the token",
    newNameHint: "Say which program uses it, such as “nightly report”",
    newReach: "What does it reach?",
    reaches: {
      all: [
        "All services",
        "The whole management API, with every service and the content of their messages.",
      ],
      service: ["One service", "What a team with all roles may do in it, and no other service."],
    },
    serviceId: "Service id",
    serviceIdHint: "For one service. Its overview shows the id.",
    newRights: "What may it do?",
    rights: {
      read: ["Read", "Changes nothing. It cannot search for a recipient either."],
      write: ["Read and change", "Everything that its services allow."],
    },
    lastDay: "Last day (optional)",
    lastDayHint: "The token stops working at the end of this day, in UTC",
    lastDayNotValid: "Enter a day from today on, such as 2027-05-31",
    nameFaults: {
      missing: "Enter a name for the token",
      "too-long": "The name must be 255 characters or fewer",
      "not-one-line": "The name must be one line of text",
      invisible:
        "The name has invisible characters, such as those that change the direction of text. Type it anew instead of pasting it",
    },
    reachMissing: "Choose what the token reaches",
    reachUnclear: "Choose one service, or leave out the service id",
    serviceIdNotValid:
      "Enter the service id, 36 characters such as those at the end of its address",
    serviceUnknown: "There is no service with this id",
    rightsMissing: "Choose what the token may do",
    full: createPlural("en", {
      one: "There is {n} token in use, the maximum: revoke it first",
      other: "There are {n} tokens in use, the maximum: revoke one first",
    }),
    createdTitle: "Your management token",
    createdOnce: "Copy it now. It is shown only this once.",
    createdStore:
      "Keep it where the program keeps its passwords. Anybody can act as it with the token.",
    tryTitle: "Try it",
    tryCurl: "In a terminal",
    toTokens: "Go to the tokens",
    alreadyTitle: "This token was created before",
    alreadyText:
      "The form was sent twice. The token was shown the first time, and cannot be shown again. If you have not copied it, revoke it and create another.",
    revokeTitle: (name: string) => `Revoke “${name}”?`,
    revokeText: "Requests with this token are refused from now on. This cannot be undone.",
    revokeButton: "Revoke the token",
  },
} as const;
