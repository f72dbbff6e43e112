import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { Channel } from "../../domain/service/service.ts";

/**
 * Takes the channels that the deployment has closed out of every service that is loaded for sending, so that a send is
 * refused as for a service without the channel. The service as it is stored, and previews, keep them.
 */
export function closeChannels<Contexts extends SendingContexts>(
  contexts: Contexts,
  closed: readonly Channel[],
): Contexts {
  if (closed.length === 0) return contexts;
  return {
    ...contexts,
    async load(serviceId, options) {
      const context = await contexts.load(serviceId, options);
      if (context === undefined) return undefined;
      const { service } = context;
      const channels = service.settings.channels.filter((channel) => !closed.includes(channel));
      return { ...context, service: { ...service, settings: { ...service.settings, channels } } };
    },
  };
}
