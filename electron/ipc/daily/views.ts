import type { DrillReport } from '../../../agent/protocol/drill.ts';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { VmPolicy } from '../../../agent/protocol/group.ts';
import type { LogEvent } from '../../../agent/protocol/event.ts';
import type { ProfileName } from '../../../agent/protocol/timing.ts';
import type { Word } from '../views.ts';

/** What the window shows day by day, beside the live picture of `../views.ts`. Times of day are ISO 8601 in UTC. */

/** A VM that another host would start if one host died now. */
export interface VmMove {
  readonly vmId: string;
  readonly vmName: string;
  readonly to: string;
  /** When it would run again, counted from the host's last sign of life; null: no takeover by time, or not known. */
  readonly backInMs: number | null;
  /** Whether its start time was seen at an earlier start, or is only assumed. */
  readonly basis: 'seen' | 'assumed';
}
/** A VM that nobody would start. */
export interface VmStay {
  readonly vmId: string;
  readonly vmName: string;
  readonly why: string;
  readonly fix: string | null;
}

/** What would happen if this host died now, from the facts of now. */
export interface IfHostDied {
  readonly host: string;
  readonly word: Word;
  readonly sentence: string;
  /** T, the first part of every `backInMs`; null: this host is not taken over by time. */
  readonly takeoverMs: number | null;
  /** In the order in which they would start. */
  readonly moves: readonly VmMove[];
  readonly stays: readonly VmStay[];
  /** Memory that the moves need and the taking hosts have free, a line for each of them. */
  readonly memory: readonly {
    readonly host: string;
    readonly neededMiB: number;
    readonly freeMiB: number | null;
    readonly suffices: boolean | null;
  }[];
}

/** A time without automatic help that the administrator asked for. */
export interface PauseView {
  /** The wall time of its end, as the host that began it had it; null: until somebody ends it. */
  readonly until: string | null;
  /** Counted on the hosts' boot clocks; null: no end, or no answering host knows. */
  readonly endsInMs: number | null;
}
export interface HostMaintenance extends PauseView {
  readonly host: string;
  /** `moving`: VMs are still to leave. `stuck`: some could not be moved. `held`: it holds none and takes none. */
  readonly state: 'moving' | 'stuck' | 'held' | 'not-known';
  /** Names of VMs that still run there. */
  readonly vmsLeft: readonly string[];
  readonly sentence: string;
}

/** One VM's facts for its own page. */
export interface VmDetail {
  readonly vmId: string;
  /** Each host's copy of the definition; null: it does not say. */
  readonly definition: readonly { readonly host: string; readonly inSync: boolean | null }[];
  /** Seconds that its last start took on any host, from taking the token to running; null: not seen yet. */
  readonly lastStartMs: number | null;
  /** Where it may go now. `refused` says why not. */
  readonly targets: readonly { readonly host: string; readonly refused: Failure | null }[];
  /** null: it can be started, or stopped, now. */
  readonly startRefused: string | null;
  readonly stopRefused: string | null;
}

export interface DailyGroup {
  readonly groupId: string;
  /** One for each host of the group, also for those that run nothing. */
  readonly ifHostDied: readonly IfHostDied[];
  /** The whole group is disarmed; null: armed. */
  readonly disarmed: PauseView | null;
  readonly maintenance: readonly HostMaintenance[];
  readonly vms: readonly VmDetail[];
}

/** A picture of a VM's screen. */
export interface Screenshot {
  /** `data:image/png;base64,...`, at most 640 pixels wide. */
  readonly dataUrl: string;
  readonly width: number;
  readonly height: number;
  readonly host: string;
  readonly takenAt: string;
}

/** What one standby says of drills of one VM. */
export interface HostDrills {
  readonly host: string;
  /** Why it can't be asked, or has no drills; null: what follows is its answer. */
  readonly refused: Failure | null;
  readonly running: { readonly vmName: string; readonly step: string; readonly ofThisVm: boolean } | null;
  /** The last one of this VM there; null: none was made, or it told nothing. */
  readonly last: DrillReport | null;
}

export type IncidentKind =
  | 'host-lost'
  | 'vm-failed'
  | 'switchover'
  | 'maintenance'
  | 'store'
  | 'links'
  | 'protection'
  | 'change'
  | 'other';

export interface IncidentVm {
  readonly vmName: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly outcome: 'moved' | 'restarted' | 'stayed' | 'stopped' | 'down' | 'under-way';
  /** How long no host ran it; null: it was never down, or nobody knows. */
  readonly downMs: number | null;
}

/** A line of a story: an event of one host. */
export interface StoryLine {
  /** That event's key in `events.recent`. */
  readonly key: string;
  readonly at: string;
  readonly host: string;
  readonly code: string;
  readonly level: LogEvent['level'];
  readonly text: string;
  /** What the decision was made from: `T passed: 12 s`. */
  readonly why: readonly string[];
}

/** All that happened for one reason, told by all hosts, as one story. */
export interface IncidentStory {
  readonly id: string;
  readonly groupId: string;
  readonly kind: IncidentKind;
  /** How it stands, or how it ended. */
  readonly word: Word;
  readonly title: string;
  readonly startedAt: string;
  /** null: it goes on. */
  readonly endedAt: string | null;
  readonly cause: string;
  /** What was decided, and by whom; null: nothing had to be. */
  readonly decision: string | null;
  readonly outcome: string;
  /** What is left to do; null: nothing. */
  readonly needs: string | null;
  readonly hosts: readonly string[];
  readonly vms: readonly IncidentVm[];
  /** The longest time that one of its VMs was down; null: none was, or nobody knows. */
  readonly downMs: number | null;
  /** Oldest first. A long story keeps its beginning and its end; `linesLeftOut` are those between. */
  readonly lines: readonly StoryLine[];
  readonly linesLeftOut: number;
  /** Whether this app was not watching when it began. */
  readonly whileAway: boolean;
}

/** What happened while this app was closed or could not see the hosts; null in its feed: nothing worth telling. */
export interface AwayView {
  /** When this app last saw a host of these groups. */
  readonly since: string;
  readonly sentence: string;
  /** Ids of stories, the gravest first. */
  readonly incidents: readonly string[];
}

/** A file that was written at the user's wish. */
export interface SavedFile {
  readonly path: string;
  readonly bytes: number;
}

export type PauseScope = { readonly kind: 'group' } | { readonly kind: 'host'; readonly host: string };

/** What a pause would do, before it is begun. */
export interface PausePreview {
  /** null: it may be begun. */
  readonly refused: Failure | null;
  readonly consequences: readonly string[];
  /** VMs that would be moved away, with where to and the seconds they pause. */
  readonly moves: readonly {
    readonly vmName: string;
    readonly to: string;
    readonly expectedPauseMs: number | null;
    /** Why it can't be moved while it runs, in a sentence; null: it can, as far as is known before. */
    readonly liveRefused: string | null;
  }[];
  /** VMs that can't be moved away, with the reason. */
  readonly stays: readonly VmStay[];
}

export interface Settings {
  readonly startAtLogin: boolean;
  /** Closing the window leaves the app in the tray. */
  readonly closeToTray: boolean;
  readonly notifications: {
    readonly failover: boolean;
    readonly protection: boolean;
    readonly links: boolean;
  };
  /** Look for newer agents than the hosts have, and say so. */
  readonly remindOfUpdates: boolean;
  /** Why a setting can't be changed here, by its name; absent: it can. */
  readonly refused: { readonly startAtLogin?: string; readonly closeToTray?: string };
}
/** What a page may change; an absent field stays as it is. */
export interface SettingsChange {
  readonly startAtLogin?: boolean | undefined;
  readonly closeToTray?: boolean | undefined;
  readonly notifications?: Settings['notifications'] | undefined;
  readonly remindOfUpdates?: boolean | undefined;
}

/** A timing profile, with what it means in seconds. */
export interface TimingChoice {
  readonly profile: ProfileName;
  readonly isCurrent: boolean;
  readonly renewEveryMs: number;
  /** L: a host that can't reach the store stops its VMs after this. */
  readonly loseAfterMs: number;
  /** W. */
  readonly watchdogMs: number;
  /** T: VMs of a lost host start on another after this. */
  readonly takeoverMs: number;
  readonly consequences: readonly string[];
  /** null: it can be chosen now. */
  readonly refused: Failure | null;
}

export interface DiagnosticsFile {
  readonly name: string;
  readonly bytes: number;
  /** Its beginning, redacted as it would be saved. */
  readonly preview: string;
  readonly isWhole: boolean;
  /** How many secrets, keys, tokens and the like were taken out. */
  readonly redactions: number;
}
export interface DiagnosticsPreview {
  /** What `diagnostics.save` saves; forgotten after a while and with the next preview. */
  readonly id: string;
  readonly files: readonly DiagnosticsFile[];
  readonly bytes: number;
  /** What could not be had, and why. */
  readonly missing: readonly { readonly name: string; readonly failure: Failure }[];
  readonly redactedKinds: readonly string[];
}

export interface About {
  readonly appVersion: string;
  readonly agentVersion: string;
  readonly runtime: string;
  readonly licence: string;
  readonly parts: readonly { readonly name: string; readonly version: string; readonly licence: string }[];
  /** What Understudy does not protect against, and what helps instead. */
  readonly limits: readonly {
    readonly what: string;
    readonly why: string;
    readonly instead: string | null;
  }[];
}

/** A place in the window that something outside of it asks for: the tray, a notification, a second start. */
export interface GoTo {
  /** Grows; a window acts once on each. */
  readonly id: number;
  readonly page: 'overview' | 'vms' | 'vm' | 'events' | 'checks' | 'settings' | 'maintenance';
  readonly groupId: string | null;
  readonly vmId: string | null;
  readonly incidentId: string | null;
  readonly dialog: 'switch-over' | 'maintenance' | null;
}

/** What of a VM's policy is to change. */
export type PolicyChange = { readonly [Field in keyof VmPolicy]?: VmPolicy[Field] | undefined };
