import type { ProfileName } from '../../../agent/protocol/timing.ts';
import { call, feed } from '../members.ts';
import type { SavedFile } from '../daily/views.ts';
import type { PairChoice, PairsPrediction, PairsView } from './pairViews.ts';
import type { KnownHost, PlannedHost, Prompt, SavedSetup, SetupKind, SetupView } from './views.ts';
import type { CheckReport, WorkView } from './workViews.ts';

type Nothing = Record<string, never>;
type Begun = { readonly workId: string };

export type AuthInput =
  | { readonly kind: 'password' | 'agent' }
  | { readonly kind: 'key'; readonly keyFile: string };
export interface LoginInput {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly auth: AuthInput;
}
export interface HostInput extends LoginInput {
  /** Empty: the name that the host gives itself. */
  readonly name: string;
  readonly jump: LoginInput | null;
}
export interface GroupDraftInput {
  readonly name: string;
  readonly profile: ProfileName | null;
  readonly port: number;
  readonly links: readonly { readonly host: string; readonly addresses: readonly string[] }[];
  readonly watchdogs: readonly { readonly host: string; readonly device: string }[];
  readonly acceptSoftwareWatchdog: boolean;
}
export type PairPolicy = {
  readonly [K in 'maxRestarts' | 'windowMs' | 'shutdownTimeoutMs']?: number | undefined;
};
/** null: the set-up that is open. */
export interface OfReport {
  readonly groupId: string | null;
}
export type PromptAnswer =
  | { readonly kind: 'accept' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'secret'; readonly secret: string; readonly remember: boolean };

/**
 * Setting up. Calls that answer `workId` have only begun: how it goes comes by `work.recent`. A refused call names the
 * field in `failure.field` by its path in the input: `address`, `auth.keyFile`, `jump.address`.
 */
export const setupContract = {
  setup: {
    state: feed<SetupView | null>(),
    /** Set-ups that were left before their end, to be gone on with. */
    saved: feed<readonly SavedSetup[]>(),
    /** `resume`: id of a saved one; null begins anew. The one that was open is saved. */
    begin: call<{ readonly kind: SetupKind; readonly resume: string | null }, { readonly id: string }>(),
    /** Leaves the set-up; it stays saved. Work under way is stopped after its present step. */
    leave: call<Nothing, null>(),
    /** Forgets a saved set-up; hosts that were added stay known, and nothing is changed on them. */
    discard: call<{ readonly id: string }, null>(),
    /**
     * Answers when the host is in, or refused; meanwhile its questions come by `prompts.open`. In a set-up of kind
     * `connect` the other hosts of its group follow by themselves.
     */
    addHost: call<HostInput, { readonly name: string }>(),
    /** Takes a host that this computer knows already. */
    addKnown: call<{ readonly host: string }, { readonly name: string }>(),
    changeHost: call<{ readonly host: string; readonly input: HostInput }, { readonly name: string }>(),
    /** Nothing is changed on the host. */
    removeHost: call<{ readonly host: string }, null>(),
    /** Looks what an installation would change; the answer is in `setup.state`'s plan. */
    plan: call<Nothing, null>(),
    /** Installs on all hosts, or goes on where it stopped. */
    install: call<Nothing, Begun>(),
    /** Takes back what was installed, on these hosts. Refused once they have a group: then it is `hosts.uninstall`. */
    undo: call<{ readonly hosts: readonly string[] }, Begun>(),
    findStores: call<Nothing, null>(),
    proveStore: call<{ readonly kind: 'folder' | 'device'; readonly path: string }, Begun>(),
    /** Keeps what was typed for the group, so that it survives the app. */
    saveDraft: call<GroupDraftInput, null>(),
    /** On the store that was proven. May be repeated after an interruption. */
    createGroup: call<GroupDraftInput, Begun>(),
  },
  prompts: {
    open: feed<readonly Prompt[]>(),
    answer: call<{ readonly id: string; readonly answer: PromptAnswer }, null>(),
  },
  work: {
    /** What is under way or was lately, the newest last. */
    recent: feed<readonly WorkView[]>(),
    /** Ends it after the step at hand; begun again it goes on there. */
    stop: call<{ readonly workId: string }, null>(),
  },
  checks: {
    /** Of the open set-up and of each group that was looked at. */
    reports: feed<readonly CheckReport[]>(),
    /** `line`: the key of one line, to look at that alone; null: all. */
    run: call<OfReport & { readonly line: string | null }, null>(),
    fix: call<OfReport & { readonly line: string; readonly fix: string }, Begun>(),
    accept: call<OfReport & { readonly line: string; readonly on: boolean }, null>(),
    /** Written to the downloads folder. */
    save: call<OfReport & { readonly format: 'html' | 'json' }, SavedFile>(),
  },
  hosts: {
    known: feed<readonly KnownHost[]>(),
    change: call<{ readonly host: string; readonly input: HostInput }, null>(),
    /** After a reinstallation: learns the key anew and asks by `prompts.open` to confirm it. */
    forgetKey: call<{ readonly host: string }, null>(),
    forgetSecrets: call<{ readonly host: string }, null>(),
    /** Only a host without a group. Nothing is changed on it. */
    forget: call<{ readonly host: string }, null>(),
    /** What an uninstallation would take away, as it is there now: `needed` ones go. */
    planUninstall: call<{ readonly host: string }, PlannedHost>(),
    uninstall: call<{ readonly host: string; readonly deleteArea: boolean }, Begun>(),
    /** One more host for a group: logs in as given, installs, and lets the group decide on it. */
    addToGroup: call<{ readonly groupId: string; readonly input: HostInput }, Begun>(),
    /** A host that is dead and will not come back; the keepers refuse it while it may still run VMs. */
    removeFromGroup: call<{ readonly groupId: string; readonly host: string }, Begun>(),
    /** New hardware in the place of a lost host: logs in as given, installs, and takes its place. */
    replace: call<{ readonly groupId: string; readonly host: string; readonly input: HostInput }, Begun>(),
  },
  pairs: {
    views: feed<readonly PairsView[]>(),
    /** Lists the VMs of all hosts again, with reasons. Answers when it has begun. */
    refresh: call<{ readonly groupId: string }, null>(),
    /** What would happen with these chosen besides those that are protected already. Quick: asks no host. */
    predict: call<{ readonly groupId: string; readonly choices: readonly PairChoice[] }, PairsPrediction>(),
    fix: call<{ readonly groupId: string; readonly vmId: string; readonly fix: string }, Begun>(),
    /** One step a VM: those that are refused do not stop the others. */
    protect: call<
      {
        readonly groupId: string;
        readonly choices: readonly PairChoice[];
        /** For all of them; what is left out is the product's default. */
        readonly policy: PairPolicy;
      },
      Begun
    >(),
  },
};
