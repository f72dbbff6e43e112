import {
  type AcceptedMail,
  type SmtpMisbehaviour,
  startSmtp,
} from "../../../tests/support/stand_ins/smtp.ts";
import type { Behaviour } from "../../../tests/support/stand_ins/scripted_server.ts";
import type { TwinProvider, TwinProviderOptions } from "../provider.ts";
import { takeNew } from "./take_new.ts";

const LOGIN = { user: "hark", password: "password-of-the-twin" } as const;

/** Starts the twin's mail server, which reports on no e-mail. Its script is about the answers to whole e-mails. */
export async function startSmtpTwin({ port }: TwinProviderOptions): Promise<TwinProvider> {
  const server = await startSmtp({ tls: "none", login: LOGIN, port });
  return {
    name: "smtp",
    environment: { SMTP_URL: `smtp://${LOGIN.user}:${LOGIN.password}@127.0.0.1:${server.port}` },
    statuses: [],
    success: undefined,
    hasCodes: false,
    receipts: "none",
    next: (behaviour) => server.next("end", toMisbehaviour(behaviour)),
    always: (behaviour) => server.always("end", behaviour && toMisbehaviour(behaviour)),
    calls: () => server.contents,
    takeAccepted: takeNew(server.accepted, toMessage),
    settle() {},
    report: () => Promise.resolve([]),
    close: server.close,
  };
}

/** What the mail server does at the end of an e-mail. */
function toMisbehaviour(behaviour: Behaviour): SmtpMisbehaviour {
  switch (behaviour.kind) {
    case "slow":
      return behaviour;
    case "hang":
      return behaviour;
    case "reset":
      return { kind: "close" };
    case "drop-answer":
      return { kind: "taken-close" };
    case "cut-answer":
      return { kind: "taken-cut" };
    case "status": {
      const { status, body } = behaviour.answer;
      return status < 400
        ? { kind: "reply", text: String(body) }
        : { kind: "reply", text: `${status} ${Math.floor(status / 100)}.0.0 As scripted` };
    }
    case "taken-status":
    case "answer-twice":
    case "report-first":
      throw new TypeError(`${behaviour.kind} is not an answer of a mail server`);
  }
}

function toMessage({ from, to, headers, body }: AcceptedMail) {
  const id = headers.get("message-id") ?? "";
  return { id, to, from, text: `${headers.get("subject") ?? ""}\n\n${body}` };
}
