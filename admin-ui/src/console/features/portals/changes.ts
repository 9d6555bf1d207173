import { type Api, told } from "@/shared/api";

const of = (portal_id: string) => ({ params: { path: { portal_id } } });

export const suspend = (api: Api, portal_id: string, reason: string) =>
  told(api.POST("/v1/admin/portals/{portal_id}/suspend", { ...of(portal_id), body: { reason } }));

export const resume = (api: Api, portal_id: string) =>
  told(api.POST("/v1/admin/portals/{portal_id}/resume", of(portal_id)));

export const purge = (api: Api, portal_id: string) => told(api.DELETE("/v1/admin/portals/{portal_id}", of(portal_id)));
