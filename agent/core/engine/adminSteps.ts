import type { Failure } from '../../protocol/failure.ts';
import type { AdminActivity } from './adminActivity.ts';
import { type Draft, reply, tell } from './state.ts';

/** How long each step of a change may take. */
export const DEADLINES_MS: { readonly [step in AdminActivity['step']]: number } = {
  inspect: 20_000,
  propose: 30_000,
  awaitConfig: 10_000,
  acquire: 20_000,
  publish: 30_000,
};

/** The change at its beginning; it is under way only once a step of it was entered. */
export function begin(draft: Draft, id: number | null, wanted: AdminActivity['command']): AdminActivity {
  return {
    command: wanted,
    id,
    step: 'inspect',
    operation: null,
    deadlineMs: draft.nowMs,
    proposed: null,
    told: null,
    vm: null,
    description: null,
    refusedPlaces: 0,
  };
}

export function enter(
  draft: Draft,
  admin: AdminActivity,
  step: AdminActivity['step'],
  operation: number | null,
): void {
  draft.admin = { ...admin, step, operation, deadlineMs: draft.nowMs + DEADLINES_MS[step] };
}

/** Ends the change well, with the answer to who asked. */
export function done(draft: Draft, admin: AdminActivity, text: string): void {
  if (admin.command.kind === 'unprotect') tell(draft, { code: 'vm.unprotected', level: 'notice', text });
  reply(draft, admin.id, { kind: 'text', text });
  draft.admin = null;
}

/** Ends the change; the group is as the last configuration that was decided. */
export function failed(draft: Draft, admin: AdminActivity, failure: Failure): void {
  draft.admin = null;
  reply(draft, admin.id, { kind: 'failure', failure });
}

/** Answers a wish that is not begun at all. */
export function refuse(draft: Draft, id: number | null, failure: Failure): void {
  reply(draft, id, { kind: 'failure', failure });
}
