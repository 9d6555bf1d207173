/** The names that the portal app has for its part of the API; the shapes are generated from the gateway's /openapi.json. */
import type { components } from "@/shared/schema";

type Schemas = components["schemas"];

export type Allowed = Schemas["AllowedUsers"];
export type AccessMode = Schemas["AllowedUsersChange"]["mode"];
export type Answer = Schemas["Answer"];
export type AnswerSettings = Schemas["AnswerSettings"];
export type AnswerSettingsChosen = Schemas["AnswerSettingsChosen"];
export type Chunk = Schemas["Chunk"];
export type Citation = Schemas["Citation"];
export type Curated = Schemas["Curated"];
export type CuratedChange = Schemas["CuratedChange"];
export type Department = Schemas["Department"];
export type Document = Schemas["Document"];
export type DocumentState = Document["state"];
export type Employee = Schemas["PortalEmployee"];
export type Finalized = Schemas["InstallFinalized"];
export type Found = Schemas["Found"];
export type Golden = Schemas["Golden"];
export type GoldenAnswer = Schemas["GoldenAnswer"];
export type Installed = Schemas["InstallCompleted"];
export type Limit = Schemas["UsageLimit"];
export type Location = Schemas["Location"];
export type Provision = Schemas["Provision"];
export type SessionOpened = Schemas["SessionOpened"];
export type Settings = Schemas["PortalSettings"];
export type SettingsChange = Schemas["PortalSettingsChange"];
export type Status = Schemas["Status"];
export type Unsatisfied = Schemas["Unsatisfied"];
export type UnsatisfiedKind = "unanswered" | "badly_rated";
export type Usage = Schemas["Usage"];

/** As much of an employee as the pages show. */
export type Person = Pick<Employee, "id" | "name" | "last_name" | "position">;
