/** The variable with the host's address to which a server's sandbox posts its messages. */
export const MAILBOX_VARIABLE = "HARK_RUNNER_MAILBOX";
