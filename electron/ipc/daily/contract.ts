import type { SwitchoverHow } from '../../../agent/protocol/group.ts';
import type { NotifyDraft } from '../../../agent/protocol/notify.ts';
import type { ProfileName } from '../../../agent/protocol/timing.ts';
import { call, feed } from '../members.ts';
import type { GroupAlerts, HostTest } from './alertViews.ts';
import type { SwitchOverPlan } from './switchOverViews.ts';
import type { AgentUpdates } from './updateViews.ts';
import type {
  About,
  AwayView,
  DailyGroup,
  DiagnosticsPreview,
  GoTo,
  HostDrills,
  IncidentKind,
  IncidentStory,
  PausePreview,
  PauseScope,
  PolicyChange,
  SavedFile,
  Screenshot,
  Settings,
  SettingsChange,
  TimingChoice,
} from './views.ts';

export interface OfGroup {
  readonly groupId: string;
}
export interface OfVm extends OfGroup {
  readonly vmId: string;
}
type Nothing = Record<string, never>;

/** What is done day by day. Calls that only ask the hosts answer at once; what then happens comes by the feeds. */
export const dailyContract = {
  daily: {
    groups: feed<readonly DailyGroup[]>(),
    /** A place that the tray, a notification or a second start asks for; null before the first. */
    goTo: feed<GoTo | null>(),
  },
  incidents: {
    /** The newest last. */
    recent: feed<readonly IncidentStory[]>(),
    /** Writes what passes the filter to the downloads folder. */
    export: call<
      {
        readonly groupId: string | null;
        readonly format: 'csv' | 'json';
        /** Only stories with one of these; empty: all. */
        readonly kinds: readonly IncidentKind[];
        /** Only stories with this text in them; empty: all. */
        readonly search: string;
      },
      SavedFile
    >(),
  },
  away: {
    summary: feed<AwayView | null>(),
    dismiss: call<Nothing, null>(),
  },
  vm: {
    setPolicy: call<OfVm & { readonly policy: PolicyChange }, null>(),
    start: call<OfVm, null>(),
    stop: call<OfVm, null>(),
    unprotect: call<OfVm, null>(),
    screenshot: call<OfVm, Screenshot>(),
    /** Asks every host that may run it and does not: the drill under way there, and the last one. */
    drills: call<OfVm, readonly HostDrills[]>(),
    /** Begins one on a standby; goes on by `drills`. */
    drill: call<OfVm & { readonly host: string }, null>(),
    stopDrill: call<OfVm & { readonly host: string }, null>(),
    drillPicture: call<OfVm & { readonly host: string }, Screenshot>(),
  },
  switchOver: {
    /** Runs all checks again. `to` null: the host that would be chosen. */
    plan: call<OfVm & { readonly to: string | null }, SwitchOverPlan>(),
    /** Stops a run of `runs.recent` while it is safe; refused with the reason when it no longer is. */
    stop: call<{ readonly runId: string }, null>(),
  },
  maintenance: {
    preview: call<OfGroup & { readonly scope: PauseScope; readonly forMs: number | null }, PausePreview>(),
    /** The whole group moves and restarts nothing, for so long; null: until `arm`. */
    disarm: call<OfGroup & { readonly forMs: number | null }, null>(),
    arm: call<OfGroup, null>(),
    /** Moves its VMs away so and gives it none; null: until `end`. `bringBack`: those that prefer it return then. */
    begin: call<
      OfGroup & {
        readonly host: string;
        readonly forMs: number | null;
        readonly bringBack: boolean;
        readonly how: SwitchoverHow;
      },
      null
    >(),
    end: call<OfGroup & { readonly host: string }, null>(),
  },
  settings: {
    values: feed<Settings>(),
    change: call<SettingsChange, null>(),
  },
  /** How the hosts tell people when no app is open. */
  alerts: {
    show: call<OfGroup, GroupAlerts>(),
    /** The same on every host; null: nobody is told any more. Secrets go in, and never come back. */
    save: call<OfGroup & { readonly settings: NotifyDraft | null }, GroupAlerts>(),
    /** Sends a test message from every host, on one channel or (null) on all. */
    test: call<OfGroup & { readonly channel: string | null }, readonly HostTest[]>(),
  },
  timing: {
    choices: call<OfGroup, readonly TimingChoice[]>(),
    choose: call<OfGroup & { readonly profile: ProfileName }, null>(),
  },
  updates: {
    agents: feed<readonly AgentUpdates[]>(),
    /** Answers when it has begun; goes on by `updates.agents`. */
    rollOut: call<OfGroup, null>(),
    /** The host at work is finished, no further one is begun. */
    stop: call<OfGroup, null>(),
  },
  diagnostics: {
    preview: call<{ readonly groupId: string | null }, DiagnosticsPreview>(),
    save: call<{ readonly id: string }, SavedFile>(),
  },
  about: {
    read: call<Nothing, About>(),
  },
};
