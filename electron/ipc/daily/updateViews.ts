import type { Failure } from '../../../agent/protocol/failure.ts';

export interface AgentVersion {
  readonly host: string;
  readonly version: string | null;
  readonly controlVersion: number | null;
  readonly state: 'current' | 'older' | 'newer' | 'not-known';
}
export interface RollHost {
  readonly host: string;
  readonly state: 'waiting' | 'under-way' | 'done' | 'failed' | 'left-out';
  readonly step: string | null;
  readonly failure: Failure | null;
}
/** Agents of a group being brought to this app's version, host by host; VMs go on. */
export interface RollView {
  readonly state: 'under-way' | 'stopping' | 'done' | 'failed' | 'stopped';
  readonly hosts: readonly RollHost[];
}
export interface AgentUpdates {
  readonly groupId: string;
  /** The version that this app carries. */
  readonly carried: string;
  readonly agents: readonly AgentVersion[];
  /** What hosts of different versions mean, in a sentence; null: all are of one version. */
  readonly skew: string | null;
  /** Why it can't be rolled out from here now; null: it can. */
  readonly refused: Failure | null;
  readonly roll: RollView | null;
}
