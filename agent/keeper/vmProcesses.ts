import type { Scan } from '../core/keeper/types.ts';

/**
 * What the keeper needs of a host's processes. Every call returns at once; none goes through libvirt. Freezing,
 * thawing and killing work on what scans have seen so far, so that they are repeated until a scan shows the effect.
 */
export interface VmProcesses {
  /**
   * All processes that carry VMs now. Null when a process could not be identified yet: no conclusion may be drawn
   * from such a scan. `startedAtMs` is taken before anything is read.
   */
  scan(nowMs: number): Scan | null;
  freeze(vms: readonly string[]): void;
  /** `stillAllowed` is asked immediately before each VM is let go. */
  thaw(vms: readonly string[], stillAllowed: () => boolean): void;
  kill(vms: readonly string[]): void;
  /** Called when a process that made a scan return null has been identified. */
  onIdentified(listener: () => void): void;
  /** A read of another process's memory has not come back. */
  readonly stuck: boolean;
}
