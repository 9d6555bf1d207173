/** Who may talk to the bot while it is being edited: every way of choosing keeps its own choice. */
import type { AccessMode, Allowed } from "@/portal/api";
import { type Chosen, chosenOf } from "@/portal/features/access/people";

export interface Draft {
  mode: AccessMode;
  people: Chosen;
  departments: ReadonlySet<number>;
}

const modeOf = ({ mode }: Allowed): AccessMode => (mode === "all" || mode === "departments" ? mode : "list");

export const draftOf = (allowed: Allowed): Draft => ({
  mode: modeOf(allowed),
  people: chosenOf(allowed),
  departments: new Set(allowed.department_ids),
});

/** What a save leaves: the mode with its own choice. What was ticked in another mode is not saved along, nor welcomed. */
export const outcome = (kept: Draft, { mode, people, departments }: Draft): Draft => ({
  mode,
  people: mode === "list" ? people : kept.people,
  departments: mode === "departments" ? departments : kept.departments,
});

interface Ids {
  readonly size: number;
  keys(): Iterable<number>;
  has(id: number): boolean;
}

const sameIds = (one: Ids, other: Ids) => one.size === other.size && [...one.keys()].every((id) => other.has(id));

export const same = (one: Draft, other: Draft) =>
  one.mode === other.mode && sameIds(one.people, other.people) && sameIds(one.departments, other.departments);

/** Whether it may be saved: departments without one of them mean nothing. */
export const isWhole = ({ mode, departments }: Draft) => mode !== "departments" || departments.size > 0;

export const bodyOf = ({ mode, people, departments }: Draft) => ({
  mode,
  user_ids: [...people.keys()],
  department_ids: [...departments],
});
