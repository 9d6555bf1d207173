/** One word looked for wherever a word of its form may be. */
import { queryOptions } from "@tanstack/react-query";

import { type Api, told } from "@/shared/api";
import { Problem } from "@/shared/problem";

const TRACE = /^[0-9a-f]{32}$/;
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const NUMBER = /^[0-9]{1,18}$/;

export interface Hit {
  kind: "portal" | "dialog" | "message" | "trace" | "outbox" | "inbound_event";
  to: string;
  text: string;
}

export type Place = "portals" | "messages_by_number" | "message" | "trace" | "dialog" | "outbox" | "inbound_event";

/** Where a word of this form can be found. */
export function placesFor(wanted: string): Place[] {
  if (TRACE.test(wanted)) return ["trace", "portals"]; // a member_id has this form too
  if (UUID.test(wanted)) return ["portals", "dialog", "message", "outbox", "inbound_event"];
  if (NUMBER.test(wanted)) return ["messages_by_number", "portals"];
  return ["portals"];
}

export const searchFor = (api: Api, written: string) => {
  const wanted = written.trim().toLowerCase();
  return queryOptions({
    queryKey: ["search", wanted],
    queryFn: async () => (await Promise.all(placesFor(wanted).map((place) => look(api, place, wanted)))).flat(),
  });
};

async function look(api: Api, place: Place, wanted: string): Promise<Hit[]> {
  if (place === "portals") {
    const found = await told(api.GET("/v1/admin/portals", { params: { query: { query: wanted, limit: 20 } } }));
    return found.items.map(({ id, domain }) => ({ kind: "portal", to: `/portals/${id}`, text: domain }));
  }
  if (place === "messages_by_number") {
    const query = { provider_message_id: Number(wanted), limit: 20 };
    const found = await told(api.GET("/v1/admin/messages", { params: { query } }));
    return found.items.map((one) => ({ kind: "message", to: `/traces/${one.trace_id}`, text: one.body }));
  }
  if (place === "message") {
    const found = await told(api.GET("/v1/admin/messages", { params: { query: { message_id: wanted } } }));
    return found.items.map(({ dialog_id, body }) => ({ kind: "message", to: `/dialogs/${dialog_id}`, text: body }));
  }
  const hit = await one(api, place, wanted).catch((problem: unknown) => {
    if (problem instanceof Problem && problem.status === 404) return undefined;
    throw problem;
  });
  return hit ? [hit] : [];
}

async function one(
  api: Api,
  place: Exclude<Place, "portals" | "messages_by_number" | "message">,
  id: string,
): Promise<Hit | undefined> {
  if (place === "trace") {
    const found = await told(api.GET("/v1/admin/traces/{trace_id}", { params: { path: { trace_id: id } } }));
    return found.steps.length ? { kind: "trace", to: `/traces/${id}`, text: id } : undefined;
  }
  if (place === "dialog") {
    await told(api.GET("/v1/admin/dialogs/{dialog_id}", { params: { path: { dialog_id: id } } }));
    return { kind: "dialog", to: `/dialogs/${id}`, text: id };
  }
  if (place === "outbox") {
    await told(api.GET("/v1/admin/outbox/{item_id}", { params: { path: { item_id: id } } }));
    return { kind: "outbox", to: `/outbox/${id}`, text: id };
  }
  await told(api.GET("/v1/admin/inbound-events/{event_id}", { params: { path: { event_id: id } } }));
  return { kind: "inbound_event", to: `/inbound-events/${id}`, text: id };
}
