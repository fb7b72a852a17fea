import type { GoingDownReason } from '../../protocol/goingDown.ts';
import type { HostCondition } from '../../protocol/hostCondition.ts';

/** What other hosts' heartbeats say. Silence proves nothing; it is shown and makes a host a worse candidate. */
export interface PeerFact {
  readonly slot: number;
  readonly heard: 'never' | 'up' | 'late' | 'down';
  readonly agentVersion: string | null;
  /** It says of itself that it is about to go. */
  readonly goingDown?: GoingDownReason | null;
  /** What it says of itself now. Absent: nothing is known. */
  readonly condition?: HostCondition | null;
  /** Memory that VMs could still have there; null or absent: not known. */
  readonly freeMiB?: number | null;
}
