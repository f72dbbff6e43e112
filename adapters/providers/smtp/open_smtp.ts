import type { OpenSmtp, SmtpTransport } from "./transport.ts";

/** Creates a transport on Deno. The library is loaded at the first delivery. */
export const openSmtp: OpenSmtp = (settings, clientName) => {
  let loaded: Promise<SmtpTransport> | undefined;
  return {
    async deliver(message, signal) {
      loaded ??= import("./nodemailer_transport.ts").then(({ openNodemailer }) =>
        openNodemailer(settings, clientName)
      );
      return await (await loaded).deliver(message, signal);
    },
    async close() {
      await (await loaded)?.close();
    },
  };
};
