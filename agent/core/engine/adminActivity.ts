import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import type { AdminCommand } from './types.ts';

/** A change of the group's configuration, or a check for one. One at a time on a host. */
export interface AdminActivity {
  readonly command: Extract<AdminCommand, { kind: 'protect' | 'unprotect' | 'checkVm' | 'profile' }>;
  readonly id: number;
  readonly step: 'inspect' | 'propose' | 'awaitConfig' | 'acquire' | 'publish';
  readonly operation: number | null;
  readonly deadlineMs: number;
  /** The configuration proposed, from the step `propose` on. */
  readonly proposed: GroupConfig | null;
  readonly vm: ProtectedVm | null;
}
