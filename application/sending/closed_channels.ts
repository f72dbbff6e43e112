import type { SendingContexts } from "../../domain/ports/sending_contexts.ts";
import type { Channel } from "../../domain/service/service.ts";

/**
 * Wraps the loading of services for sending: services are returned without the channels that the deployment has closed.
 * So a request to send on such a channel is refused as for a service without that channel. Stored services are not
 * changed, and previews still have the channels.
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
