/** The variable with the address that the sandbox of a server of the runners posts messages to. */
export const MAILBOX_VARIABLE = "HARK_RUNNER_MAILBOX";
