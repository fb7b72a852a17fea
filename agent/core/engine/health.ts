import type { ProtectedVm } from '../../protocol/group.ts';
import { type HealthStatus, type LevelStatus, parseProbe, type VmHealth } from '../../protocol/health.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { attempts } from '../health/ladder.ts';
import { type HealthState, LEVELS, type LevelName, type ProbeAnswer } from '../health/state.ts';
import { verdict } from '../health/verdict.ts';
import { noteAnswer, noteCounters, noteReboot, noteStart, notWatched } from '../health/watch.ts';
import { askGuest } from './askGuest.ts';
import { actOn, tellRecovered } from './recovery.ts';
import {
  askHypervisor,
  configOf,
  type Draft,
  type EngineState,
  freshView,
  patchVm,
  protectedVm,
  tokenOf,
  vmState,
} from './state.ts';
import type { DomainHappening, OperationOutcome } from './types.ts';

/** The second opinion is asked this often, and only while a probe fails. */
const COUNTERS_EVERY_MS = 2000;
const COUNTERS_DEADLINE_MS = 5000;
/** The adapter answers at its deadline; when even that does not come, it was silence. */
const ANSWER_GRACE_MS = 2000;
const SILENCE: ProbeAnswer = { outcome: 'silent', text: 'no answer' };

const patchHealth = (draft: Draft, vm: string, health: HealthState): void => patchVm(draft, vm, { health });

/** Looks at the guests that this host runs: asks those that are due, and acts on those that have failed. */
export function watchHealth(draft: Draft): void {
  const view = freshView(draft, draft.nowMs);
  for (const vm of configOf(draft)?.vms ?? []) {
    const policy = vm.policy.health;
    const { health, activity } = vmState(draft, vm.vm);
    if (activity?.kind === 'repair') continue;
    // While it is started, stopped or moved, silence is no failure.
    const isQuiet = policy === undefined || view === null || activity !== null;
    if (isQuiet || !isWatched(draft, view, vm)) {
      if (health.patientUntilMs !== null) patchHealth(draft, vm.vm, notWatched(health));
      continue;
    }
    if (health.patientUntilMs === null) {
      patchHealth(draft, vm.vm, noteStart(health, policy, draft.nowMs));
    }
    for (const level of LEVELS) ask(draft, vm, policy, level);
    const found = verdict(vmState(draft, vm.vm).health, policy, draft.nowMs);
    if (found.kind === 'well') tellRecovered(draft, vm);
    if (found.kind !== 'failed') continue;
    if (found.needsOpinion) askCounters(draft, vm);
    actOn(draft, vm, policy, found);
  }
}

/** Its guest executes instructions here, and the store serves it: else silence says nothing about the guest. */
function isWatched(draft: Draft, view: KeeperView, vm: ProtectedVm): boolean {
  if (tokenOf(draft, vm)?.mine !== true || view.phase !== 'alive' || !view.store.reachable) return false;
  if (!draft.hypervisor.connected || configOf(draft)?.disarmed === true) return false;
  const state = draft.domains.get(vm.vm)?.state;
  if (state !== 'running' && state !== 'crashed') return false;
  return view.qemus.every((qemu) => qemu.vm !== vm.vm || !qemu.frozen);
}

function ask(draft: Draft, vm: ProtectedVm, policy: VmHealth, name: LevelName): void {
  const level = policy[name];
  const { health } = vmState(draft, vm.vm);
  const state = health[name];
  if (level === undefined || state.operation !== null) return;
  if (state.askedAtMs !== null && draft.nowMs - state.askedAtMs < level.everyMs) return;
  const probe = parseProbe(level.probe);
  if (probe === null) return;
  const operation = askGuest(draft, vm.vm, probe, level.timeoutMs);
  const asked = { ...state, operation, askedAtMs: draft.nowMs, deadlineMs: draft.nowMs + level.timeoutMs };
  patchHealth(draft, vm.vm, { ...health, [name]: asked });
}

function askCounters(draft: Draft, vm: ProtectedVm): void {
  const { health } = vmState(draft, vm.vm);
  const isRecent = health.counters !== null && draft.nowMs - health.counters.atMs < COUNTERS_EVERY_MS;
  if (health.countersOperation !== null || isRecent) return;
  const operation = askHypervisor(draft, { kind: 'counters', vm: vm.vm }, COUNTERS_DEADLINE_MS);
  patchHealth(draft, vm.vm, {
    ...health,
    countersOperation: operation,
    countersDeadlineMs: draft.nowMs + COUNTERS_DEADLINE_MS,
  });
}

/** An answer of a guest, or of its counters; false: the operation is another one. */
export function answerEnded(draft: Draft, operation: number, outcome: OperationOutcome): boolean {
  for (const [vm, { health }] of draft.vms) {
    const name = LEVELS.find((level) => health[level].operation === operation);
    if (name !== undefined) {
      const policy = protectedVm(draft, vm)?.policy.health;
      if (policy !== undefined) {
        patchHealth(draft, vm, noteAnswer(health, policy, name, answerOf(outcome), draft.nowMs));
      }
      return true;
    }
    if (health.countersOperation === operation) {
      const isThere = outcome.kind === 'done' && outcome.value.kind === 'counters';
      const next = isThere
        ? noteCounters(health, outcome.value, draft.nowMs)
        : { ...health, countersOperation: null };
      patchHealth(draft, vm, next);
      return true;
    }
  }
  return false;
}

/** What this host could not even ask says nothing about the guest. */
function answerOf(outcome: OperationOutcome): ProbeAnswer {
  if (outcome.kind === 'done' && outcome.value.kind === 'probed') return outcome.value.answer;
  return { outcome: 'skipped', text: 'it could not be asked' };
}

export function dropLateAnswers(draft: Draft): void {
  for (const [vm, { health }] of draft.vms) {
    const policy = protectedVm(draft, vm)?.policy.health;
    for (const name of LEVELS) {
      const { operation, deadlineMs } = vmState(draft, vm).health[name];
      if (operation === null || policy === undefined || draft.nowMs < deadlineMs + ANSWER_GRACE_MS) continue;
      patchHealth(draft, vm, noteAnswer(vmState(draft, vm).health, policy, name, SILENCE, draft.nowMs));
    }
    const isLate = draft.nowMs >= health.countersDeadlineMs + ANSWER_GRACE_MS;
    if (health.countersOperation !== null && isLate) {
      patchHealth(draft, vm, { ...vmState(draft, vm).health, countersOperation: null });
    }
  }
}

/** True: it was our own reset, which was told when it was done. */
export function heardReboot(draft: Draft, vm: ProtectedVm): boolean {
  const policy = vm.policy.health;
  const { health } = vmState(draft, vm.vm);
  if (policy === undefined) return false;
  patchHealth(draft, vm.vm, noteReboot(health, policy, draft.nowMs));
  return draft.nowMs < health.ownResetUntilMs;
}

/** What QEMU does not answer by itself is left to us. */
const LEFT_TO_US = new Set(['none', 'pause']);

export function heardAlarm(
  draft: Draft,
  vm: ProtectedVm,
  happening: Extract<DomainHappening, { kind: 'panicked' | 'watchdog' }>,
): void {
  const { health } = vmState(draft, vm.vm);
  if (vm.policy.health === undefined) return;
  if (happening.kind === 'watchdog' && !LEFT_TO_US.has(happening.action)) return;
  patchHealth(draft, vm.vm, { ...health, alarm: { kind: happening.kind, atMs: draft.nowMs } });
}

/** For consoles; null: nobody looks into this guest here. */
export function healthStatus(state: EngineState, vm: ProtectedVm, nowMs: number): HealthStatus | null {
  const policy = vm.policy.health;
  const { health } = vmState(state, vm.vm);
  if (policy === undefined || tokenOf(state, vm)?.mine !== true) return null;
  const found = verdict(health, policy, nowMs);
  const hasGivenUp = found.kind === 'failed' && health.givenUp > 0 && nowMs < health.notBeforeMs;
  const isAway = found.kind === 'waiting' && nowMs < health.awayUntilMs;
  const level = (name: LevelName): LevelStatus | null => {
    const { last, failures } = health[name];
    const probe = policy[name]?.probe;
    if (probe === undefined) return null;
    return {
      probe,
      outcome: last?.outcome ?? null,
      text: last?.text ?? '',
      failures,
      atMs: last?.atMs ?? null,
    };
  };
  return {
    state: hasGivenUp ? 'gave-up' : found.kind,
    because: 'because' in found ? found.because : isAway ? 'the guest said that it is away' : null,
    fast: level('fast'),
    deep: level('deep'),
    ...attempts(health, vm.policy.windowMs, nowMs),
  };
}
