import type { LogEvent } from '../../agent/protocol/event.ts';
import type { Failure } from '../../agent/protocol/failure.ts';
import type { GoingDownReason } from '../../agent/protocol/goingDown.ts';
import type { GroupConfig, VmPolicy } from '../../agent/protocol/group.ts';
import type { HealthStatus } from '../../agent/protocol/health.ts';
import type { LinkHealth } from '../../agent/protocol/heartbeat.ts';
import type { KeeperPhase } from '../../agent/protocol/keeperLink.ts';
import type { MoveProgress } from '../../agent/protocol/moveProgress.ts';
import type { Readiness } from '../../agent/protocol/readiness.ts';
import type { WatchdogState } from '../../agent/protocol/timing.ts';
import type { ControlResult, HostStatus, Status, VmStatus } from '../../agent/protocol/control.ts';

/**
 * What the window shows. Every live value carries `ageMs`: how old it was when the view was made. The receiver adds the
 * time since it got the view. Views are made at least once a second, so a value never looks younger than it is by more.
 */

/** The six words of the product, each with its own shape and colour. `not-known` is never "down". */
export type Word = 'protected' | 'working' | 'at-risk' | 'not-protected' | 'paused' | 'not-known';

/** One sentence on how things are, and at most one thing to do about it. */
export interface Verdict {
  readonly word: Word;
  readonly sentence: string;
  readonly suggestion: string | null;
}

/** How this app reaches a host's agent; it says nothing about the host itself. */
export type ConsoleLink =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly forMs: number; readonly failure: Failure };

/** What another host of the group says about this one. */
export interface PeerOpinion {
  readonly by: string;
  readonly ageMs: number;
  readonly state: HostStatus['state'];
  readonly lease: HostStatus['lease'];
  readonly leaseAgeMs: number | null;
  readonly takeableInMs: number | null;
}

export interface StoreView {
  readonly path: string;
  /** null: the keeper, which is the one to know, does not answer the agent. */
  readonly reachable: boolean | null;
  readonly renewP50Ms: number | null;
  readonly renewMaxMs: number | null;
  readonly error: string | null;
}

/** What a host's own agent last said, `ageMs` ago. */
export interface HostReport {
  readonly ageMs: number;
  /** Within three beats; older than that it is shown as old, and nothing is concluded from it. */
  readonly fresh: boolean;
  readonly phase: KeeperPhase | null;
  readonly phaseBecause: Failure | null;
  readonly epoch: number;
  readonly leaseLeftMs: number | null;
  readonly watchdog: WatchdogState | null;
  readonly realTime: boolean;
  readonly keeperConnected: boolean;
  readonly agentVersion: string;
  readonly hypervisor: Status['self']['hypervisor'];
  readonly memoryTotalMiB: number | null;
  readonly memoryFreeMiB: number | null;
  readonly store: StoreView;
}

export interface HostView {
  readonly name: string;
  readonly slot: number | null;
  readonly address: string;
  readonly console: ConsoleLink;
  readonly state: HostStatus['state'];
  readonly report: HostReport | null;
  readonly opinions: readonly PeerOpinion[];
  /** It says that it is about to go, to this app or to another host; null: it does not. */
  readonly goingDown: GoingDownReason | null;
  /** Only for hosts of the demo group: whether their processes run. */
  readonly demoPower: 'on' | 'off' | null;
}

/** One end of a path: what is heard there from the other end. */
export interface LinkEnd {
  readonly at: string;
  readonly ageMs: number;
  readonly fresh: boolean;
  readonly state: LinkHealth['state'];
  readonly address: string;
  readonly lastHeardAgoMs: number | null;
  readonly rttMs: number | null;
  readonly rttMaxMs: number | null;
  readonly loss: number | null;
  /** Key of its two-minute history in the beats feed. */
  readonly beats: string;
}

export interface LinkView {
  readonly key: string;
  readonly link: number;
  readonly hosts: readonly [string, string];
  readonly ends: readonly LinkEnd[];
}

/** Where a VM is, as far as the hosts that answer know. */
export type VmPlace =
  | {
      readonly kind: 'running' | 'paused' | 'frozen' | 'starting';
      readonly host: string;
      readonly forMs: number | null;
    }
  /** This app can't reach the host, but another host says that it is alive. */
  | { readonly kind: 'held'; readonly host: string }
  /** The administrator wants it so. */
  | { readonly kind: 'stopped' }
  /** It should run and no answering host runs it. `takeoverInMs`: when another host may take it. */
  | {
      readonly kind: 'waiting';
      readonly lastOn: string | null;
      readonly lastHostAnswers: boolean;
      readonly takeoverInMs: number | null;
    }
  | { readonly kind: 'not-known'; readonly lastOn: string | null }
  /** Two hosts say that they run it: must never happen. */
  | { readonly kind: 'twice'; readonly hosts: readonly string[] };

export interface VmActivityView {
  readonly kind: NonNullable<VmStatus['activity']>['kind'];
  readonly step: string;
  readonly forMs: number;
  readonly on: string;
  readonly to: string | null;
  /** It can still be stopped without harm. */
  readonly mayStop: boolean;
  /** At this step the guest is moved while it runs, or (false) is shut down or started; null: the step is of both ways. */
  readonly isLive: boolean | null;
  /** While its memory is sent; null: it is not, or nobody says. */
  readonly progress: MoveProgress | null;
}

export interface VmView {
  readonly id: string;
  readonly name: string;
  readonly token: number;
  readonly generation: number;
  readonly holder: string | null;
  readonly place: VmPlace;
  readonly desired: VmStatus['desired'];
  readonly readiness: Readiness;
  readonly word: Word;
  readonly activity: VmActivityView | null;
  /** Host names, the preferred one first. */
  readonly hosts: readonly string[];
  readonly memoryMiB: number | null;
  readonly policy: VmPolicy;
  /** How guest and application are, by the host that runs it; null: nobody looks. */
  readonly health: HealthStatus | null;
  readonly definitionInSync: boolean | null;
  /** Whose word this is and how old. */
  readonly reportedBy: string;
  readonly ageMs: number;
  readonly fresh: boolean;
}

/** "If A fails": what the group would do, from the facts of now. */
export interface WhatIf {
  readonly host: string;
  readonly sentence: string;
}

export interface GroupView {
  readonly id: string;
  readonly kind: GroupKind;
  readonly name: string;
  readonly verdict: Verdict;
  readonly whatIf: readonly WhatIf[];
  readonly profile: GroupConfig['profile'] | null;
  readonly generation: number | null;
  readonly disarmed: boolean;
  /** T: what a takeover by time takes, from the last sign of life of the lost host. */
  readonly takeoverMs: number | null;
  readonly hosts: readonly HostView[];
  readonly links: readonly LinkView[];
  readonly vms: readonly VmView[];
}

export type GroupKind = 'demo' | 'installed';

/** A group this app knows of, opened or not. */
export interface KnownGroup {
  readonly id: string;
  readonly kind: GroupKind;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly open: boolean;
}
export interface KnownGroups {
  readonly groups: readonly KnownGroup[];
  /** Why the list of groups that were set up from here can't be read; null when it can. */
  readonly failure: Failure | null;
}

/** Two minutes of one value, a sample a second, the newest last. */
export interface BeatSeries {
  readonly key: string;
  /** Milliseconds; -1: nothing was heard in that second; null: this app did not know. */
  readonly samples: readonly (number | null)[];
}
export interface GroupBeats {
  readonly groupId: string;
  readonly series: readonly BeatSeries[];
}

export interface EventView extends LogEvent {
  /** Unique among all groups and hosts. */
  readonly key: string;
  readonly groupId: string;
}

export interface RunStep {
  readonly text: string;
  readonly startedMs: number;
  /** null: under way. */
  readonly tookMs: number | null;
}

/** Something under way with a VM, or just over, as this app saw it; times count from the run's start. */
export interface RunView {
  readonly id: string;
  readonly groupId: string;
  readonly kind: VmActivityView['kind'];
  readonly vmId: string;
  readonly vmName: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly steps: readonly RunStep[];
  readonly state: 'under-way' | 'done' | 'failed';
  /** The guest is moved while it runs: it is not restarted. False again when it had to be shut down after all. */
  readonly isLive: boolean;
  readonly progress: MoveProgress | null;
  /** How long no host ran the VM, as seen from here; null while that is not over or not known. */
  readonly pauseMs: number | null;
  /** What a switchover was expected to pause the VM for when it was begun here; null: not known. */
  readonly expectedPauseMs: number | null;
  /** null: it can still be stopped (`switchOver.stop`); else why not. */
  readonly stopRefused: string | null;
  /** The host that a finished switchover can be undone to; null: it can't, or there is nothing to undo. */
  readonly switchBackTo: string | null;
  readonly failure: Failure | null;
}

export interface AppInfo {
  readonly version: string;
  readonly transport: 'electron' | 'browser';
  /** What this way of running lacks, in a sentence; null when nothing. */
  readonly lacks: string | null;
  /** Why the demo group can't run here; null when it can. */
  readonly demoRefused: string | null;
  /** What the demo group stands in for, in a sentence. */
  readonly demoStandIns: string;
}

export type Theme = 'system' | 'light' | 'dark' | 'contrast';
export interface Preferences {
  readonly theme: Theme;
}

export type Findings = ControlResult<'checkVm'>['findings'];
