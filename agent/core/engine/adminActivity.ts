import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import type { DomainDescription } from './description.ts';
import type { GroupChange, GroupCommand } from './groupChanges.ts';
import type { AdminCommand } from './types.ts';

/** A change of the group's configuration, or a check for one. One at a time on a host. */
export interface AdminActivity {
  readonly command: Extract<AdminCommand, { kind: 'protect' | 'unprotect' | 'checkVm' }> | GroupCommand;
  /** Who asked; null: nobody, a pause has come to its end. */
  readonly id: number | null;
  readonly step: 'inspect' | 'propose' | 'awaitConfig' | 'acquire' | 'publish';
  readonly operation: number | null;
  readonly deadlineMs: number;
  /** The configuration proposed, from the step `propose` on. */
  readonly proposed: GroupConfig | null;
  /** What is said when a change of the group as a whole is in force. */
  readonly told: Pick<GroupChange, 'text' | 'event'> | null;
  readonly vm: ProtectedVm | null;
  /** What was found in a VM that is being protected, and how many places (tokens, or slots of a host) the keeper has refused. */
  readonly description: DomainDescription | null;
  readonly refusedPlaces: number;
}
