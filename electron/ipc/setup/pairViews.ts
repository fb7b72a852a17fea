import type { Failure } from '../../../agent/protocol/failure.ts';
import type { VmPolicy } from '../../../agent/protocol/group.ts';
import type { Readiness } from '../../../agent/protocol/readiness.ts';
import type { FixView } from './workViews.ts';

/** Why a VM can't be protected yet, or less well; each fixable one with its fix. */
export interface PairReason {
  readonly failure: Failure;
  readonly blocking: boolean;
  readonly fix: FixView | null;
}
export interface PairRow {
  readonly vmId: string;
  readonly name: string;
  /** The host that runs it, or has it defined. */
  readonly host: string;
  readonly alsoOn: readonly string[];
  readonly running: boolean;
  readonly memoryMiB: number | null;
  readonly vcpus: number | null;
  readonly disks: readonly { readonly path: string; readonly onStore: boolean }[];
  readonly protectedAlready: boolean;
  /** null: not looked at yet. */
  readonly reasons: readonly PairReason[] | null;
  readonly readiness: Readiness | null;
  readonly policy: VmPolicy | null;
  readonly hosts: readonly string[];
  readonly predicted: RecoveryPrediction;
}
/** From the last sign of life of the lost host to the guest being up, in ms. */
export interface RecoveryPrediction {
  /** null: no takeover by time, for the reason in the sentence. */
  readonly takeoverMs: number | null;
  readonly startMs: number;
  /** Whether the guest's own boot time was measured or is guessed. */
  readonly startFrom: 'measured' | 'estimate';
  readonly totalMs: number | null;
  readonly sentence: string;
}
export interface PairsView {
  readonly groupId: string;
  readonly rows: readonly PairRow[];
  readonly refreshedAt: number;
  readonly running: boolean;
  /** Hosts whose VMs could not be listed. */
  readonly failures: readonly { readonly host: string; readonly failure: Failure }[];
}
export interface PairChoice {
  readonly vmId: string;
  /** Hosts that may run it, the preferred first. */
  readonly hosts: readonly string[];
  readonly order: number;
}
/** N+1: whether the others can hold what a host leaves behind. */
export interface IfHostFails {
  readonly host: string;
  readonly fits: boolean;
  readonly survivors: readonly {
    readonly host: string;
    readonly vms: readonly string[];
    readonly needMiB: number;
    /** Free now, plus what the VMs counted above use already; null: not known. */
    readonly haveMiB: number | null;
  }[];
  /** VMs that would stay down, in the order in which they would be left. */
  readonly left: readonly string[];
  readonly sentence: string;
}
export interface PairsPrediction {
  readonly ifHostFails: readonly IfHostFails[];
  readonly vms: readonly { readonly vmId: string; readonly predicted: RecoveryPrediction }[];
}
