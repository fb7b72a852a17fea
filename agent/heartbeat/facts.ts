import type { GoingDownReason } from '../protocol/goingDown.ts';
import type { Heartbeat } from '../protocol/heartbeat.ts';
import type { HostCondition } from '../protocol/hostCondition.ts';
import type { KeeperPhase } from '../protocol/keeperLink.ts';

/** What this host says of itself; asked for at each beat. */
export interface HeartbeatFacts {
  readonly hostName: string;
  readonly epoch: number;
  readonly phase: KeeperPhase | null;
  readonly agentVersion: string;
  readonly configGeneration: number;
  readonly storeReachable: boolean;
  readonly goingDown?: GoingDownReason;
  readonly condition?: HostCondition;
  readonly freeMiB?: number;
}

/** What a beat says of the host that sent it. */
export function factsIn(beat: Heartbeat): HeartbeatFacts {
  const { hostName, epoch, phase, agentVersion, configGeneration, storeReachable } = beat;
  const { goingDown, condition, freeMiB } = beat;
  return {
    hostName,
    epoch,
    phase,
    agentVersion,
    configGeneration,
    storeReachable,
    ...(goingDown === undefined ? {} : { goingDown }),
    ...(condition === undefined ? {} : { condition }),
    ...(freeMiB === undefined ? {} : { freeMiB }),
  };
}
