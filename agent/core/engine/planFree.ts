import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView, PeerLease, TokenView } from '../../protocol/keeperLink.ts';
import { type HolderNote, MOVED_LIVE } from '../../protocol/store.ts';
import { isEnding, isInMaintenance, takeDelayMs } from './candidates.ts';
import { firstNote, takenNote } from './notes.ts';
import type { StartOptions } from './startFlow.ts';
import {
  askHypervisor,
  type Draft,
  hostName,
  isActiveHere,
  patchVm,
  tell,
  vmState,
  hostIncident,
} from './state.ts';

/** A QEMU without a token may be one whose token the next view shows; after this time it is not. */
export const STRANGER_GRACE_MS = 3000;
const EXPEL_DEADLINE_MS = 95_000;

/** What to do with a VM whose token this host does not hold; a start to begin, or null. */
export function planFree(
  draft: Draft,
  view: KeeperView,
  config: GroupConfig,
  vm: ProtectedVm,
  token: TokenView,
): StartOptions | null {
  const before = vmState(draft, vm.vm);
  // Nothing is acquired in another phase: there a lower generation is what a store that went back shows.
  const mayBeNewer = view.phase === 'alive' && before.wanted !== null;
  const isStaleHere = mayBeNewer && before.wanted.generation > token.generation;
  // Acquired in the meantime; the view that shows it is on its way.
  if (isStaleHere) return null;
  patchVm(draft, vm.vm, {
    wanted: null,
    handOver: null,
    ranAtGeneration: 0,
    runningSinceMs: null,
    ioErrorSinceMs: null,
    goneSinceMs: null,
    inspect: { isDue: true, notBeforeMs: 0, unsafe: [], hasHeartbeat: null },
    freeSinceMs: token.free ? (before.freeSinceMs ?? draft.nowMs) : null,
  });
  if (view.phase !== 'alive') return null;
  const isActive = isActiveHere(draft, vm.vm);
  // A copy that was received, and the token released to this host with it: the keeper says whether it may be continued.
  const wasReceived = before.received === token.generation || isLeftForMe(draft, view, vm, token);
  const isReceived = isActive && token.free && wasReceived && token.generation > 0;
  // What was begun before is carried to its end: a guest that has left its source is here or nowhere.
  if (config.disarmed && !(isReceived && isReleasedTo(token, view.slot))) return null;
  if (isActive && token.value !== null && !isReceived) {
    // One of this host's own past is the keeper's to stop: it knows what is burnt, and has read every token.
    if (token.value.holder !== view.slot) expelStranger(draft, vm, token);
    return null;
  }
  patchVm(draft, vm.vm, { strangerSinceMs: null });
  const mayTry = token.free && !token.unreadable && !view.store.regressed && draft.hypervisor.connected;
  if (!mayTry || draft.nowMs < vmState(draft, vm.vm).retryAtMs) return null;
  if (token.value === null) return isActive ? adopt(vm, token) : null;
  return take(draft, view, vm, token, isReceived);
}

const isReleasedTo = ({ note }: TokenView, slot: number): boolean =>
  note?.released === true && note.releasedTo === slot;

/** An agent before this one has received it. */
function isLeftForMe(draft: Draft, view: KeeperView, vm: ProtectedVm, token: TokenView): boolean {
  const isPaused = draft.domains.get(vm.vm)?.state === 'paused';
  return isPaused && isReleasedTo(token, view.slot) && token.note?.reason === MOVED_LIVE;
}

/** Protected a moment ago, running here, and its token never given to anybody: the protecting agent did not finish. */
function adopt(vm: ProtectedVm, token: TokenView): StartOptions {
  const why = `${vm.name} runs here already`;
  return {
    cause: 'start',
    acquireWith: firstNote(token.generation + 1, 'running'),
    generation: token.generation,
    thenStart: false,
    fromOther: false,
    downSinceMs: null,
    command: null,
    why,
  };
}

function take(
  draft: Draft,
  view: KeeperView,
  vm: ProtectedVm,
  token: TokenView,
  isReceived: boolean,
): StartOptions | null {
  if (!vm.hosts.includes(view.slot)) return null;
  const note = intendedNote(draft, vm, token);
  const isForMe = note.released && note.releasedTo === view.slot;
  if (note.desired !== 'running' && !isForMe && token.note?.desired !== 'running') return null;
  if (isInMaintenance(view, view.slot) && !isForMe) return null;
  if (isEnding(draft) && !(isReceived && isForMe)) return null;
  const { freeSinceMs } = vmState(draft, vm.vm);
  const begins = (other: string): boolean => vmState(draft, other).activity?.kind === 'start';
  if (freeSinceMs === null || draft.nowMs - freeSinceMs < takeDelayMs(view, vm, note, begins)) return null;
  const from = token.value?.holder ?? null;
  const cause = isForMe ? 'switchover' : from === view.slot ? 'start' : 'takeover';
  const peer = view.peers.find((one) => one.slot === from);
  const why = whyFree(draft, note, from, peer?.deadBecause ?? null);
  return {
    cause,
    acquireWith: takenNote(note, token.generation),
    generation: token.generation,
    thenStart: note.desired === 'running',
    isReceived: isReceived && note.desired === 'running',
    fromOther: from !== view.slot,
    downSinceMs: cause === 'takeover' && !note.released ? downSinceMs(draft, token, peer) : null,
    command: null,
    ...(cause === 'takeover' && token.value !== null && !note.released
      ? { incident: hostIncident(draft, token.value.holder, token.value.holderEpoch) }
      : {}),
    why,
  };
}

/**
 * Since when the VM is believed to be out of service: the last sign of life that its holder gave under the epoch of the
 * token. null where that says nothing: no sign was seen, or the holder has stopped the VM itself, at a time of its own.
 */
function downSinceMs(draft: Draft, token: TokenView, peer: PeerLease | undefined): number | null {
  const move = token.value === null ? undefined : draft.leaseMoves.get(token.value.holder);
  const didStop = peer?.deadBecause === 'drained' || peer?.deadBecause === 'drained-message';
  return didStop || move?.epoch !== token.value?.holderEpoch ? null : (move?.movedAtMs ?? null);
}

/**
 * What the store says; or, newer, that the guest was shut down here when the store could not be told. Nobody has had the
 * token since, or its generation were another one (I6).
 */
function intendedNote(draft: Draft, vm: ProtectedVm, token: TokenView): HolderNote {
  const note = token.note ?? orphanNote(draft, vm, token);
  const isNewer = vmState(draft, vm.vm).stoppedGeneration === token.generation && !note.released;
  return isNewer ? { ...note, desired: 'stopped' } : note;
}

/**
 * Decided for a host that was stopped before it could write its note. Tokens are taken to run VMs, so it should run;
 * of its definition this host knows what it has itself.
 */
function orphanNote(draft: Draft, vm: ProtectedVm, token: TokenView): HolderNote {
  const definition = draft.definitions.get(vm.vm)?.cached ?? null;
  return { ...firstNote(token.generation, 'running'), definition };
}

const DEAD: { readonly [Because in NonNullable<PeerLease['deadBecause']>]: string } = {
  time: 'has not renewed its lease for so long that it can run nothing any more',
  'higher-epoch': 'was restarted',
  drained: 'has confirmed that it runs nothing any more',
  'drained-message': 'has confirmed that it runs nothing any more',
  'power-off': 'is powered off',
  reservation: 'is cut off from the disks',
  retired: 'was taken out of the group when it was dead',
};

function whyFree(
  draft: Draft,
  note: HolderNote,
  from: number | null,
  dead: PeerLease['deadBecause'],
): string {
  const host = hostName(draft, from);
  if (note.released) return `${host} released it`;
  if (from === draft.setup.slot) return `${host} had it before`;
  return `${host} ${dead === null ? 'can not run it any more' : DEAD[dead]}`;
}

/** A protected VM that runs here without a right to: started past the hook. It is destroyed, loudly. */
function expelStranger(draft: Draft, vm: ProtectedVm, token: TokenView): void {
  const { strangerSinceMs } = vmState(draft, vm.vm);
  if (strangerSinceMs === null) {
    patchVm(draft, vm.vm, { strangerSinceMs: draft.nowMs });
    return;
  }
  if (draft.nowMs - strangerSinceMs < STRANGER_GRACE_MS || !draft.hypervisor.connected) return;
  tell(draft, {
    code: 'vm.stranger-destroyed',
    level: 'alarm',
    vm: vm.name,
    text: `${vm.name} runs on ${draft.setup.hostName} without its token, which ${hostName(draft, token.value?.holder)} holds. It is destroyed here. Check that the libvirt hook is installed.`,
    facts: { generation: token.generation, holder: hostName(draft, token.value?.holder) },
  });
  const operation = askHypervisor(draft, { kind: 'destroy', vm: vm.vm }, EXPEL_DEADLINE_MS);
  patchVm(draft, vm.vm, {
    strangerSinceMs: null,
    activity: {
      kind: 'expel',
      step: 'destroy',
      sinceMs: draft.nowMs,
      stepSinceMs: draft.nowMs,
      operation,
      deadlineMs: draft.nowMs + EXPEL_DEADLINE_MS,
    },
  });
}
