import { randomUUID } from 'node:crypto';
import { type CheckOptions } from '../../backend/checks/gather.ts';
import { parseWatchdog, type WatchdogChoice } from '../../backend/checks/watchdog.ts';
import { fail } from '../../backend/failures.ts';
import type { HostFacts } from '../../backend/facts/facts.ts';
import { DEFAULT_PORT } from '../../backend/group/plan.ts';
import type { InstallPlan } from '../../backend/install/installHost.ts';
import type { HostEntry, Inventory, Login, SavedSetup } from '../../backend/inventory/schema.ts';
import type {
  GroupDraft,
  KeyChange,
  LoginView,
  PlannedHost,
  ReachView,
  SetupHost,
  SetupKind,
  SetupStage,
  SetupView,
  StoreProof,
  StoresView,
} from '../../ipc/setup/views.ts';
import type { CheckReport } from '../../ipc/setup/workViews.ts';

/** The set-up that is open. What can be read from hosts again is not saved. */
export interface SetupState {
  readonly id: string;
  readonly kind: SetupKind;
  hosts: readonly string[];
  readonly reach: Map<string, ReachView>;
  readonly facts: Map<string, HostFacts>;
  keyChange: KeyChange | null;
  plan: readonly InstallPlan[] | null;
  stores: StoresView | null;
  proof: StoreProof | null;
  draft: GroupDraft;
  /** Of a proof that an earlier run of the app saw. */
  store: SavedSetup['store'];
  groupId: string | null;
  accepted: readonly string[];
  /** Whether the group protects a VM already, as its agents say. */
  protects: boolean;
  /** Where it stood when it was last looked at. */
  stage: SetupStage;
}

const emptyDraft: GroupDraft = {
  name: '',
  profile: null,
  port: DEFAULT_PORT,
  links: [],
  watchdogs: [],
  acceptSoftwareWatchdog: false,
};

export function newSetup(kind: SetupKind): SetupState {
  const id = randomUUID();
  return stateOf({ id, kind, hosts: [], accepted: [], draft: emptyDraft, store: null, groupId: null });
}

type Kept = Omit<SavedSetup, 'savedAt' | 'stage' | 'draft'> & { readonly draft: GroupDraft };

export function stateOf(saved: Kept): SetupState {
  const { id, kind, hosts, draft, store, groupId, accepted } = saved;
  const unknown = { keyChange: null, plan: null, stores: null, proof: null, protects: false };
  const stage: SetupStage = 'hosts';
  return {
    id,
    kind,
    hosts,
    reach: new Map(),
    facts: new Map(),
    draft,
    store,
    groupId,
    accepted,
    stage,
    ...unknown,
  };
}

export function toSave(state: SetupState, stage: SetupStage, now: Date): SavedSetup {
  const { id, kind, hosts, draft, store, groupId, accepted } = state;
  return {
    id,
    kind,
    savedAt: now.toISOString(),
    stage,
    hosts: [...hosts],
    accepted: [...accepted],
    draft: {
      ...draft,
      links: draft.links.map(({ host, addresses }) => ({ host, addresses: [...addresses] })),
      watchdogs: [...draft.watchdogs],
    },
    store,
    groupId,
  };
}

/** Hosts a new group has at least; one that exists is joined through any one of its hosts. */
const MIN_HOSTS = 2;

/** Where it stands, from what was seen on the hosts. `version`: what an installation would bring; null: not known. */
export function stageOf(state: SetupState, report: CheckReport | null, version: string | null): SetupStage {
  if (state.groupId !== null) return state.protects ? 'done' : 'vms';
  if (state.kind === 'connect' || state.hosts.length < MIN_HOSTS) return 'hosts';
  const checked = state.hosts.every((host) => report?.hosts.includes(host) && state.facts.has(host));
  if (!checked || report === null || report.lines.length === 0 || report.blocking > 0) return 'checks';
  const isInstalled = (host: string): boolean => {
    const installed = state.facts.get(host)?.installedVersion ?? null;
    return installed !== null && (version === null || installed === version);
  };
  if (!state.hosts.every(isInstalled)) return 'install';
  return state.proof === null ? 'store' : 'group';
}

export function setupView(state: SetupState, inventory: Inventory, stage: SetupStage): SetupView {
  const group = inventory.groups.find(({ groupId }) => groupId === state.groupId);
  const { id, kind, keyChange, stores, proof, draft } = state;
  return {
    id,
    kind,
    stage,
    hosts: state.hosts.flatMap((name) => {
      const entry = inventory.hosts.find((host) => host.name === name);
      return entry === undefined ? [] : [hostOf(state, entry)];
    }),
    keyChange,
    plan: state.plan?.map(plannedHost) ?? null,
    stores,
    proof,
    draft,
    group: group === undefined ? null : { groupId: group.groupId, name: group.name },
  };
}

export function plannedHost({ steps, ...about }: InstallPlan): PlannedHost {
  return { ...about, changes: steps };
}

export const loginView = ({ address, port, user, auth }: Login): LoginView => ({ address, port, user, auth });

function hostOf(state: SetupState, entry: HostEntry): SetupHost {
  const facts = state.facts.get(entry.name);
  const { algorithm, sha256, firstSeenAt } = entry.hostKey;
  return {
    name: entry.name,
    ...loginView(entry),
    key: { algorithm, sha256, firstSeenAt },
    jump: entry.jump === null ? null : loginView(entry.jump),
    reach: state.reach.get(entry.name) ?? { kind: 'not-tried' },
    system: facts?.os ?? null,
    installedVersion: facts?.installedVersion ?? null,
    groupId: facts?.settings?.groupId ?? null,
    addresses: facts?.addresses ?? [],
    watchdogs: facts?.watchdogs.map(({ device, identity }) => ({ device, identity })) ?? [],
  };
}

const stages: readonly SetupStage[] = ['hosts', 'checks', 'install', 'store', 'group', 'vms', 'done'];

/** While work is under way hosts are between two states: nobody is sent back for that. */
export const laterStage = (a: SetupStage, b: SetupStage): SetupStage =>
  stages.indexOf(a) > stages.indexOf(b) ? a : b;

/** What the draft means for the checks. Throws a FailureError that names the field. */
export function checkOptions(draft: GroupDraft): CheckOptions {
  return {
    watchdogs: new Map(
      draft.watchdogs.map(({ host, device }, index) => [host, watchdogOf(device, index)] as const),
    ),
    links: new Map(
      draft.links.flatMap(({ host, addresses }) =>
        addresses.length === 0 ? [] : [[host, addresses] as const],
      ),
    ),
    port: draft.port,
  };
}

function watchdogOf(device: string, index: number): WatchdogChoice {
  const choice = parseWatchdog(device);
  if (choice !== null) return choice;
  throw fail({
    code: 'input.invalid',
    message: `${device} is not the path of a device.`,
    fix: 'Name it like /dev/watchdog0, or /dev/watchdog0:/sys/class/watchdog/watchdog0.',
    field: `watchdogs.${index}.device`,
  });
}
