import type { Failure } from '../../../agent/protocol/failure.ts';
import type { ProfileName } from '../../../agent/protocol/timing.ts';

/** What the window shows of setting up: hosts, checks, installation, storage, pairs. Times are Unix ms for people. */

/** Where a set-up stands, told by what is true on the hosts and never by what was clicked. */
export type SetupStage = 'hosts' | 'checks' | 'install' | 'store' | 'group' | 'vms' | 'done';
export type SetupKind = 'new' | 'connect';

export type AuthView =
  | { readonly kind: 'password' | 'agent' }
  | { readonly kind: 'key'; readonly keyFile: string };
export interface KeyView {
  readonly algorithm: string;
  /** OpenSSH's form: `SHA256:` and 43 characters. */
  readonly sha256: string;
  readonly firstSeenAt: string | null;
}
export interface LoginView {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly auth: AuthView;
}

/** How this app last reached a host of the set-up. */
export type ReachView =
  | { readonly kind: 'not-tried' | 'connecting' | 'reached' }
  | { readonly kind: 'refused'; readonly failure: Failure };

export interface SetupHost extends LoginView {
  readonly name: string;
  readonly key: KeyView;
  readonly jump: LoginView | null;
  readonly reach: ReachView;
  /** `Debian GNU/Linux 12`, as the host says; null until it was read. */
  readonly system: string | null;
  readonly installedVersion: string | null;
  /** The group that the host says it belongs to; null: none, or not read yet. */
  readonly groupId: string | null;
  /** Its IP addresses, to choose the heartbeat links from. */
  readonly addresses: readonly string[];
  readonly watchdogs: readonly WatchdogOption[];
}
export interface WatchdogOption {
  readonly device: string;
  readonly identity: string;
}

/** A question that only a person can answer. Secrets travel in answers only. */
export type Prompt =
  | {
      readonly kind: 'host-key';
      readonly id: string;
      readonly host: string;
      readonly address: string;
      readonly port: number;
      readonly key: KeyView;
      /** OpenSSH's known_hosts of this user has the same key: most likely it is right. */
      readonly inKnownHosts: boolean;
      /** To be run on the host itself, whose answer must show the same fingerprint. */
      readonly compareWith: string;
    }
  | {
      readonly kind: 'secret';
      readonly id: string;
      readonly host: string;
      readonly what: 'password' | 'passphrase' | 'sudo' | 'other';
      /** What is asked, in the host's own words where it asks itself: those are not to be trusted. */
      readonly label: string;
      /** The answer may be shown while it is typed. */
      readonly echo: boolean;
      /** The answer before was refused. */
      readonly again: boolean;
      /** Where it is kept when remembered, in a sentence. */
      readonly remember: { readonly refused: string | null };
    };

/** A known host shows another key. There is no way past; both are shown so that they can be compared. */
export interface KeyChange {
  readonly host: string;
  readonly pinned: KeyView;
  readonly seen: KeyView;
  readonly compareWith: string;
}

/** One change to a host, in plain words, found by looking and not by assuming. */
export interface PlannedChange {
  readonly id: string;
  readonly title: string;
  /** Paths, services and settings that will be different. */
  readonly changes: readonly string[];
  readonly needed: boolean;
}
export interface PlannedHost {
  readonly host: string;
  readonly version: string;
  readonly installedVersion: string | null;
  readonly changes: readonly PlannedChange[];
}

export interface StoreCandidateView {
  readonly kind: 'folder' | 'device';
  readonly path: string;
  readonly fileSystem: string;
  readonly source: string | null;
  readonly sizeBytes: number | null;
  readonly freeBytes: number | null;
  /** VMs with a disk there, on any of the hosts. */
  readonly vms: readonly string[];
  readonly problems: readonly Failure[];
}
export interface LatencyView {
  readonly host: string;
  readonly writes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Counts of writes below each bound and not below the one before; the last bound is null: no limit. */
  readonly histogram: readonly { readonly belowMs: number | null; readonly count: number }[];
}
export interface ProfileView {
  readonly name: ProfileName;
  readonly recommended: boolean;
  /** Why the measured store is too slow for it; null: it is not. */
  readonly refused: string | null;
  /** L: a store that is away for so long stops the VMs. */
  readonly loseAfterMs: number;
  /** T: so long after its last sign of life the VMs of a dead host start elsewhere. */
  readonly takeoverMs: number;
  /** The same where the watchdog is software and that was accepted; else null. */
  readonly softwareTakeoverMs: number | null;
  readonly sentence: string;
}
export interface StoreProof {
  readonly kind: 'folder' | 'device';
  readonly path: string;
  readonly provenAt: number;
  readonly seen: readonly { readonly writer: string; readonly reader: string }[];
  readonly latencies: readonly LatencyView[];
  readonly profiles: readonly ProfileView[];
}
export interface StoresView {
  readonly candidates: readonly StoreCandidateView[];
  /** Exports of the hosts themselves that lose acknowledged writes. */
  readonly warnings: readonly Failure[];
  readonly searchedAt: number;
}

export interface SetupView {
  readonly id: string;
  readonly kind: SetupKind;
  readonly stage: SetupStage;
  readonly hosts: readonly SetupHost[];
  readonly keyChange: KeyChange | null;
  readonly plan: readonly PlannedHost[] | null;
  readonly stores: StoresView | null;
  readonly proof: StoreProof | null;
  /** What was chosen for the group so far; a form starts from it. */
  readonly draft: GroupDraft;
  readonly group: { readonly groupId: string; readonly name: string } | null;
}
export interface GroupDraft {
  readonly name: string;
  readonly profile: ProfileName | null;
  readonly port: number;
  /** By host: one address a link. */
  readonly links: readonly { readonly host: string; readonly addresses: readonly string[] }[];
  readonly watchdogs: readonly { readonly host: string; readonly device: string }[];
  readonly acceptSoftwareWatchdog: boolean;
}
/** A set-up that was left before its end. */
export interface SavedSetup {
  readonly id: string;
  readonly kind: SetupKind;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly stage: SetupStage;
  readonly savedAt: string;
}

export interface KnownHost extends LoginView {
  readonly name: string;
  readonly key: KeyView;
  readonly confirmedBy: 'user' | 'fingerprint' | 'known-hosts';
  readonly jump: (LoginView & { readonly key: KeyView }) | null;
  /** Name of its group; null: none that this computer knows of. */
  readonly group: string | null;
  readonly groupId: string | null;
  /** Secrets of it that are kept, by kind; never the secrets. */
  readonly remembered: boolean;
}
