import type { AgentProcess } from './agentProcess.ts';
import type { Host } from './host.ts';
import type { KeeperProcess } from './keeperProcess.ts';
import type { Libvirtd } from './libvirtd.ts';
import type { StartGate } from './startGate.ts';
import type { WatchdogDevice } from './watchdog.ts';

/** A host with everything on it. */
export interface Site {
  readonly host: Host;
  readonly watchdog: WatchdogDevice | null;
  readonly gate: StartGate;
  readonly libvirtd: Libvirtd;
  readonly keeper: KeeperProcess;
  readonly agent: AgentProcess;
  /** Times (world) of its resets by the watchdog. */
  readonly resetsAtMs: number[];
  /** Since when everything on it works and it reaches the store; null: it does not. */
  healthySinceMs: number | null;
}
