import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import type { KeeperRequestBody, KeeperView, TokenView } from '../../protocol/keeperLink.ts';
import type { AdminActivity } from './adminActivity.ts';
import type { Background } from './background.ts';
import type { HypervisorState } from './hypervisorState.ts';
import type { Inspection } from './inspection.ts';
import type { LeaseMove } from './leaseMove.ts';
import type { PeerFact } from './peerFact.ts';
import { noSigns, type Signs } from './signState.ts';
import { noUplinks, type Uplinks } from './uplinkState.ts';
import type {
  CommandReply,
  DefinitionAction,
  DefinitionFact,
  DomainFact,
  EngineEffect,
  EngineEvent,
  EngineMemory,
  EngineSetup,
  GoingDown,
  HostFact,
  HypervisorAction,
} from './types.ts';
import { newVmState, type VmState } from './vmState.ts';
import type { WallTime } from './wallClock.ts';

export type { VmState } from './vmState.ts';

/** A view older than this is no ground for a decision: the keeper sends one at least every second. */
export const VIEW_STALE_AFTER_MS = 3500;

export interface EngineState {
  readonly setup: EngineSetup;
  readonly view: KeeperView | null;
  readonly viewAtMs: number;
  /** When each other host's lease was last seen to move, by slot; null: this agent has only ever seen it stand. */
  readonly leaseMoves: ReadonlyMap<number, LeaseMove>;
  readonly hypervisor: HypervisorState;
  readonly domains: ReadonlyMap<string, DomainFact>;
  readonly peers: readonly PeerFact[];
  readonly host: HostFact | null;
  readonly uplinks: Uplinks;
  readonly signs: Signs;
  readonly definitions: ReadonlyMap<string, DefinitionFact>;
  readonly vms: ReadonlyMap<string, VmState>;
  readonly admin: AdminActivity | null;
  readonly background: Background | null;
  readonly backgroundRetryAtMs: number;
  readonly inspection: Inspection | null;
  /** Every definition operation under way: what it brings counts, even when nobody waits for it any more. */
  readonly definitionOperations: ReadonlyMap<number, DefinitionAction>;
  readonly nextOperation: number;
  /** Newest configuration that this engine has worked with; 0: none yet. A pause above it is seen to begin. */
  readonly seenGeneration: number;
  /** When each pause ends on this host's boot clock, by the generation that began it. */
  readonly pauseEnds: ReadonlyMap<number, number>;
  readonly pauseRetryAtMs: number;
  /** This host is about to go; `isEmpty`: it was told that the last VM is gone. */
  readonly goingDown: GoingDown | null;
  readonly wallClock: (WallTime & { readonly atMs: number }) | null;
  readonly memory: EngineMemory;
}

/** The state while one input is being worked on, with what comes of it. */
export type Draft = { -readonly [Key in keyof Omit<EngineState, 'vms'>]: EngineState[Key] } & {
  /** A copy of the state's own, made for this draft alone. */
  readonly vms: Map<string, VmState>;
  readonly nowMs: number;
  readonly effects: EngineEffect[];
};

export function createEngine(setup: EngineSetup): EngineState {
  const vms = new Map<string, VmState>();
  for (const { vm, ...known } of setup.memory?.vms ?? []) vms.set(vm, { ...newVmState, ...known });
  return {
    setup,
    view: null,
    viewAtMs: 0,
    leaseMoves: new Map(),
    hypervisor: { connected: false, version: null, error: null, sinceMs: 0 },
    domains: new Map(),
    peers: [],
    host: null,
    uplinks: noUplinks,
    signs: noSigns,
    definitions: new Map(setup.definitions.map((fact) => [fact.vm, fact])),
    vms,
    admin: null,
    background: null,
    backgroundRetryAtMs: 0,
    inspection: null,
    definitionOperations: new Map(),
    nextOperation: 1,
    seenGeneration: 0,
    pauseEnds: new Map((setup.memory?.pauses ?? []).map(({ since, endsAtMs }) => [since, endsAtMs])),
    pauseRetryAtMs: 0,
    goingDown: setup.memory?.goingDown ?? null,
    wallClock: null,
    memory: setup.memory ?? { vms: [], pauses: [] },
  };
}

export function vmState(state: Pick<EngineState, 'vms'>, vm: string): VmState {
  return state.vms.get(vm) ?? newVmState;
}

export function patchVm(draft: Draft, vm: string, change: Partial<VmState>): void {
  draft.vms.set(vm, { ...vmState(draft, vm), ...change });
}

/** The view, if it is young enough to decide from. */
export function freshView(state: Pick<EngineState, 'view' | 'viewAtMs'>, nowMs: number): KeeperView | null {
  return state.view !== null && nowMs - state.viewAtMs <= VIEW_STALE_AFTER_MS ? state.view : null;
}

export function configOf(state: Pick<EngineState, 'view'>): GroupConfig | null {
  return state.view?.config ?? null;
}

export function protectedVm(state: Pick<EngineState, 'view'>, vm: string): ProtectedVm | undefined {
  return configOf(state)?.vms.find((one) => one.vm === vm);
}

/** What is known of the token with this index, whatever VM it was for. */
function tokenAt(state: Pick<EngineState, 'view'>, index: number): TokenView | undefined {
  return state.view?.tokens.find((one) => one.token === index);
}

/** The VM's token. Of an index that was another VM's before, only the number of its generation still counts. */
export function tokenOf(state: Pick<EngineState, 'view'>, vm: ProtectedVm): TokenView | undefined {
  const token = tokenAt(state, vm.token);
  if (token?.value == null || token.value.vm === vm.vm) return token;
  return { ...token, value: null, note: null, mine: false };
}

export function hostName(state: Pick<EngineState, 'view'>, slot: number | null | undefined): string {
  const host = configOf(state)?.hosts.find((one) => one.slot === slot);
  return host?.name ?? (slot === null || slot === undefined ? 'no host' : `the host in slot ${slot}`);
}

/** A QEMU of the VM is here, by the keeper's own search or by the hypervisor's word. */
export function isActiveHere(
  state: Pick<EngineState, 'view' | 'hypervisor' | 'domains'>,
  vm: string,
): boolean {
  if (state.view?.qemus.some((qemu) => qemu.vm === vm) === true) return true;
  const fact = state.domains.get(vm);
  return state.hypervisor.connected && fact !== undefined && fact.state !== 'stopped';
}

/**
 * Names of stories. Events of different hosts that are about one thing carry the same name, because each host can
 * make it from what all of them know: a VM and the generation of its token, or a host and the epoch that ended. A name
 * comes again when the same VM fails again under one generation; the time between tells the stories apart.
 */
export function incidentOf(state: Pick<EngineState, 'view' | 'vms'>, vm: ProtectedVm): string {
  const { activity } = vmState(state, vm.vm);
  if (activity !== null && 'incident' in activity) return activity.incident;
  return `${vm.name}-g${tokenOf(state, vm)?.generation ?? 0}`;
}

/** The story of a host that ended. */
export function hostIncident(state: Pick<EngineState, 'view'>, slot: number, epoch: number): string {
  return `${hostName(state, slot)}-e${epoch}`;
}

/** Says something for the event log; what is about a VM is made part of that VM's present story. */
export function tell(draft: Draft, event: EngineEvent): void {
  const vm = configOf(draft)?.vms.find((one) => one.name === event.vm);
  const facts = { ...(vm === undefined ? {} : { incident: incidentOf(draft, vm) }), ...event.facts };
  draft.effects.push({ kind: 'event', event: Object.keys(facts).length === 0 ? event : { ...event, facts } });
}

/** Different things told of one VM in a row; more are forgotten, and would be told again. */
const MAX_SAID = 16;

/** Says a thing about a VM once, until it starts, goes on, or is stopped. */
export function tellOnce(draft: Draft, vm: string, key: string, event: EngineEvent): void {
  const { said } = vmState(draft, vm);
  if (said.includes(key)) return;
  patchVm(draft, vm, { said: [...said, key].slice(-MAX_SAID) });
  tell(draft, event);
}

export function reply(draft: Draft, id: number | null, answer: CommandReply): void {
  if (id !== null) draft.effects.push({ kind: 'reply', id, reply: answer });
}

export function askKeeper(draft: Draft, body: KeeperRequestBody, deadlineMs: number): number {
  const operation = draft.nextOperation++;
  draft.effects.push({ kind: 'keeper', operation, body, deadlineMs });
  return operation;
}

export function askHypervisor(draft: Draft, action: HypervisorAction, deadlineMs: number): number {
  const operation = draft.nextOperation++;
  draft.effects.push({ kind: 'hypervisor', operation, action, deadlineMs });
  return operation;
}

export function askDefinitions(draft: Draft, action: DefinitionAction, deadlineMs: number): number {
  const operation = draft.nextOperation++;
  draft.definitionOperations = new Map(draft.definitionOperations).set(operation, action);
  draft.effects.push({ kind: 'definition', operation, action, deadlineMs });
  return operation;
}
