import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import type { KeeperView, TokenView } from '../../protocol/keeperLink.ts';
import { PROFILES, takeoverTimeMs } from '../timing.ts';
import { nextHost, slotsGoingDown } from './candidates.ts';
import { forgetFailures, recordFailure } from './failures.ts';
import { wantDesired } from './intent.ts';
import { firstNote } from './notes.ts';
import { beginResume } from './resumeFlow.ts';
import { continueStart, type StartOptions } from './startFlow.ts';
import { type Draft, patchVm, tell, tellOnce, vmState } from './state.ts';
import { beginStop } from './stopFlow.ts';
import type { DomainFact } from './types.ts';

/**
 * A VM that is down while the hypervisor does not answer can't be started here. After T another host gets it, as it would
 * if this one were dead; at the latest after this time, which is long enough for any restart of libvirtd.
 */
const LONGEST_WITHOUT_HYPERVISOR_MS = 30_000;
/** A start that an earlier agent left in flight shows within this time, or is taken back. */
const INTERRUPTED_START_SETTLE_MS = 5000;
const MOVED_SETTLE_MS = 2000;
/** A store that has just come back is given this long before guests that stopped on I/O errors go on. */
const STORE_SETTLE_MS = 3000;

/** Stops that somebody meant: from inside the guest, or by the administrator's hand on the host. */
const MEANT = new Set(['shutdown', 'destroyed', 'saved', 'migrated', 'from-snapshot']);

/** What to do with a VM whose token this host holds; a start to begin, or null. */
export function planHeld(
  draft: Draft,
  view: KeeperView,
  config: GroupConfig,
  vm: ProtectedVm,
  token: TokenView,
): StartOptions | null {
  // Without the note nothing is known of what the administrator wants. It is read as soon as the store answers.
  if (token.unread === true && vmState(draft, vm.vm).wanted === null) return null;
  adoptNote(draft, vm, token);
  patchVm(draft, vm.vm, { freeSinceMs: null, strangerSinceMs: null });
  if (view.phase !== 'alive') return null;
  const { handOver } = vmState(draft, vm.vm);
  if (handOver !== null && !config.disarmed) {
    beginStop(draft, vm, { cause: 'handover', ...handOver, command: null });
    return null;
  }
  if (!draft.hypervisor.connected) return planBlind(draft, view, config, vm);
  const fact = draft.domains.get(vm.vm);
  const isPending = view.pendingStarts.includes(vm.token) && view.nowMs > vmState(draft, vm.vm).startEndedMs;
  if (isPending && fact?.state !== 'running' && fact?.state !== 'paused') {
    return waitForInterrupted(draft, vm, token);
  }
  if (isPending) {
    continueStart(draft, vm, token.generation);
    return null;
  }
  if (fact !== undefined && fact.state !== 'stopped') return planActive(draft, view, vm, token, fact);
  return planDown(draft, config, vm, token, fact);
}

/** Takes the note of a generation on: as it is on the store, or fresh for a VM that never had one. */
function adoptNote(draft: Draft, vm: ProtectedVm, token: TokenView): void {
  const { wanted, stoppedGeneration } = vmState(draft, vm.vm);
  if (wanted !== null && wanted.generation >= token.generation) return;
  const isActive = (draft.domains.get(vm.vm)?.state ?? 'stopped') !== 'stopped';
  const stored = token.note ?? firstNote(token.generation, isActive ? 'running' : 'stopped');
  // An agent before this one knew of a stop that the store had not been told yet.
  const known = stoppedGeneration === token.generation ? { ...stored, desired: 'stopped' as const } : stored;
  // A keeper that re-asserts a token raises its generation while the VM runs on. What the store had not taken yet, such as
  // that the guest was shut down from inside, is still to be written.
  const note = wanted === null ? known : { ...wanted.note, generation: token.generation };
  const ranOn = wanted !== null && vmState(draft, vm.vm).ranAtGeneration === wanted.generation;
  patchVm(draft, vm.vm, {
    wanted: { generation: token.generation, note },
    ...(ranOn ? { ranAtGeneration: token.generation } : {}),
    stoppedGeneration: note.desired === 'stopped' ? token.generation : 0,
  });
}

/** The hypervisor does not answer: the QEMUs that the keeper sees are the truth, and they are left alone. */
function planBlind(draft: Draft, view: KeeperView, config: GroupConfig, vm: ProtectedVm): null {
  const state = vmState(draft, vm.vm);
  const isHere = view.qemus.some((qemu) => qemu.vm === vm.vm) || view.pendingStarts.includes(vm.token);
  if (isHere || state.wanted?.note.desired !== 'running') {
    patchVm(draft, vm.vm, { goneSinceMs: null });
    return null;
  }
  const goneSinceMs = state.goneSinceMs ?? draft.nowMs;
  patchVm(draft, vm.vm, { goneSinceMs });
  const patienceMs = Math.min(takeoverTimeMs(PROFILES[config.profile]), LONGEST_WITHOUT_HYPERVISOR_MS);
  if (config.disarmed || draft.nowMs - goneSinceMs < patienceMs) return null;
  const failedOn = [...new Set([...state.wanted.note.failedOn, view.slot])];
  const to = nextHost(view, vm, [...failedOn, ...slotsGoingDown(draft)]);
  if (to === null) return null;
  tell(draft, {
    code: 'vm.down-without-hypervisor',
    level: 'warning',
    vm: vm.name,
    text: `${vm.name} is down and the hypervisor of ${draft.setup.hostName} does not answer: another host gets it.`,
    facts: { goneForMs: draft.nowMs - goneSinceMs },
  });
  beginStop(draft, vm, { cause: 'handover', to, failedOn, reason: 'hypervisor.lost', command: null });
  return null;
}

function planActive(
  draft: Draft,
  view: KeeperView,
  vm: ProtectedVm,
  token: TokenView,
  fact: DomainFact,
): null {
  const state = vmState(draft, vm.vm);
  if (fact.state === 'paused' && fact.reason === 'io-error') return planIoError(draft, view, vm, token);
  if (fact.state === 'paused' && fact.reason === 'migration') return planLeftOver(draft, vm, token);
  patchVm(draft, vm.vm, { ioErrorSinceMs: null });
  const isLateStart = fact.state === 'paused' && state.lateStartGeneration === token.generation;
  if (isLateStart && state.wanted?.note.desired === 'running') {
    // A start that was given up has brought its guest after all. It has run nothing yet, and nobody else will wake it.
    continueStart(draft, vm, token.generation);
    return null;
  }
  if (fact.state !== 'running') return null;
  const runningSinceMs = state.runningSinceMs ?? draft.nowMs;
  patchVm(draft, vm.vm, { runningSinceMs, ranAtGeneration: token.generation, moving: 0 });
  if (state.wanted?.note.desired === 'stopped') {
    wantDesired(draft, vm, 'running', 'vm.started-by-admin');
    tell(draft, {
      code: 'vm.started-by-admin',
      level: 'notice',
      vm: vm.name,
      text: `${vm.name} was started by hand on ${draft.setup.hostName}: it is kept running from now on.`,
    });
  }
  if (draft.nowMs - runningSinceMs >= vm.policy.windowMs) forgetFailures(draft, vm);
  return null;
}

/**
 * A guest that stands still in the middle of a move that nobody carries on. The token is here, so nobody else may run
 * it, and it goes on; the keeper is asked, as before every step from paused to running.
 */
function planLeftOver(draft: Draft, vm: ProtectedVm, token: TokenView): null {
  const { retryAtMs, startEndedMs } = vmState(draft, vm.vm);
  // Continued a moment ago: the hypervisor's word for that is on its way.
  if (draft.nowMs < Math.max(retryAtMs, startEndedMs + MOVED_SETTLE_MS)) return null;
  beginResume(draft, vm, token.generation, 'it was left paused by a move that did not come to its end');
  return null;
}

/** QEMU stopped the guest because a disk failed it. That is not a crash: nothing is lost if it goes on later. */
function planIoError(draft: Draft, view: KeeperView, vm: ProtectedVm, token: TokenView): null {
  const state = vmState(draft, vm.vm);
  const ioErrorSinceMs = state.ioErrorSinceMs ?? draft.nowMs;
  patchVm(draft, vm.vm, { ioErrorSinceMs });
  // Woken a moment ago: the hypervisor's word for that is on its way.
  if (draft.nowMs < state.retryAtMs) return null;
  tellOnce(draft, vm.vm, 'paused by an I/O error', {
    code: 'vm.paused-io-error',
    level: 'alarm',
    vm: vm.name,
    text: `${vm.name} is paused on ${draft.setup.hostName}: its disk answered with an error. It goes on when the store does.`,
  });
  const { lastGoodMs } = view;
  const storeIsWell = view.store.reachable && lastGoodMs !== null && lastGoodMs > ioErrorSinceMs;
  const isSettled = draft.nowMs - ioErrorSinceMs >= STORE_SETTLE_MS;
  if (storeIsWell && isSettled) beginResume(draft, vm, token.generation);
  return null;
}

/** An agent before this one began a start and was stopped. libvirt may still be working on it. */
function waitForInterrupted(draft: Draft, vm: ProtectedVm, token: TokenView): null {
  const state = vmState(draft, vm.vm);
  const goneSinceMs = state.goneSinceMs ?? draft.nowMs;
  patchVm(draft, vm.vm, { goneSinceMs });
  if (draft.nowMs - goneSinceMs < INTERRUPTED_START_SETTLE_MS) return null;
  patchVm(draft, vm.vm, { goneSinceMs: null });
  continueStart(draft, vm, token.generation);
  return null;
}

function planDown(
  draft: Draft,
  config: GroupConfig,
  vm: ProtectedVm,
  token: TokenView,
  fact: DomainFact | undefined,
): StartOptions | null {
  const before = vmState(draft, vm.vm);
  const ranHere = before.ranAtGeneration === token.generation && token.generation > 0;
  patchVm(draft, vm.vm, { runningSinceMs: null, ioErrorSinceMs: null });
  if (ranHere) wentDown(draft, vm, fact);
  const state = vmState(draft, vm.vm);
  if (state.wanted?.note.desired !== 'running' || config.disarmed) return null;
  if (state.handOver !== null) {
    beginStop(draft, vm, { cause: 'handover', ...state.handOver, command: null });
    return null;
  }
  if (draft.nowMs < state.retryAtMs) return null;
  const isRestart = state.failuresMs.length > 0;
  return {
    cause: isRestart ? 'restart' : 'start',
    acquireWith: null,
    generation: token.generation,
    thenStart: true,
    fromOther: false,
    downSinceMs: state.failuresMs.at(-1) ?? null,
    command: null,
    why: isRestart ? `restart ${state.failuresMs.length} of ${vm.policy.maxRestarts}` : 'it should run here',
  };
}

/** It ran here and does no more: somebody meant it, or it failed. */
function wentDown(draft: Draft, vm: ProtectedVm, fact: DomainFact | undefined): void {
  const state = vmState(draft, vm.vm);
  const reason = fact?.reason ?? 'unknown';
  patchVm(draft, vm.vm, { ranAtGeneration: 0, shutdownBy: null, publish: { ...state.publish, isDue: true } });
  if (state.wanted?.note.desired !== 'running') return;
  if (draft.nowMs < state.ownStopUntilMs) {
    patchVm(draft, vm.vm, { ownStopUntilMs: 0, retryAtMs: draft.nowMs });
    return tell(draft, {
      code: 'vm.switchover-interrupted',
      level: 'warning',
      vm: vm.name,
      text: `${vm.name} was shut down for a switchover that was interrupted; it is started again on ${draft.setup.hostName}.`,
    });
  }
  if (reason === 'migrated' && state.moving === state.wanted.generation) {
    patchVm(draft, vm.vm, { moving: 0, retryAtMs: draft.nowMs });
    return tell(draft, {
      code: 'vm.live-interrupted',
      level: 'warning',
      vm: vm.name,
      text: `${vm.name} had moved, but its token had not: it is started again on ${draft.setup.hostName}.`,
    });
  }
  const isMeant = MEANT.has(reason) && !(reason === 'shutdown' && state.shutdownBy === 'host');
  if (isMeant) {
    const code = reason === 'shutdown' ? 'vm.shut-down-inside' : 'vm.stopped-by-admin';
    wantDesired(draft, vm, 'stopped', code);
    tell(draft, {
      code,
      level: 'notice',
      vm: vm.name,
      text:
        reason === 'shutdown'
          ? `${vm.name} was shut down from inside. It stays off until it is started again.`
          : `${vm.name} was stopped by hand (${reason}). It stays off until it is started again.`,
      facts: { reason },
    });
    return;
  }
  tell(draft, {
    code: 'vm.crashed',
    level: 'warning',
    vm: vm.name,
    text: `${vm.name} went down on ${draft.setup.hostName} and nobody asked for it (${reason}).`,
    facts: { reason, failuresBefore: state.failuresMs.length },
  });
  recordFailure(draft, vm);
}
