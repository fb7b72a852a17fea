import type { ProtectedVm } from '../../protocol/group.ts';
import type { VmHealth } from '../../protocol/health.ts';
import { nextRung, noteGivenUp } from '../health/ladder.ts';
import { lastMovedMs, type Verdict } from '../health/verdict.ts';
import { leave, mayRestartHere } from './failures.ts';
import { beginRepair } from './repairFlow.ts';
import { type Draft, patchVm, tell, tokenOf, vmState } from './state.ts';
import type { EngineEvent } from './types.ts';

type Failed = Extract<Verdict, { kind: 'failed' }>;

/** Says a thing about the present failure once. */
function tellOfFailure(draft: Draft, vm: ProtectedVm, key: string, event: EngineEvent): void {
  const { health } = vmState(draft, vm.vm);
  if (health.said.includes(key)) return;
  patchVm(draft, vm.vm, { health: { ...health, said: [...health.said, key] } });
  tell(draft, event);
}

/** What failed is said, and the next step of the recovery begun when its time has come. */
export function actOn(draft: Draft, vm: ProtectedVm, policy: VmHealth, found: Failed): void {
  const { health } = vmState(draft, vm.vm);
  const failedSinceMs = health.failedSinceMs ?? found.sinceMs;
  patchVm(draft, vm.vm, { health: { ...health, failedSinceMs } });
  tellOfFailure(draft, vm, 'failed', {
    code: 'vm.health-failed',
    level: 'warning',
    vm: vm.name,
    text: `${found.what === 'guest' ? 'The guest' : 'The application'} of ${vm.name} has failed on ${draft.setup.hostName} (${found.because}).`,
    facts: { what: found.what, because: found.because, failingForMs: draft.nowMs - found.sinceMs },
  });
  const canReset = draft.domains.get(vm.vm)?.state === 'running';
  const { windowMs } = vm.policy;
  const rung = nextRung(vmState(draft, vm.vm).health, policy, found, {
    windowMs,
    nowMs: draft.nowMs,
    canReset,
  });
  const generation = tokenOf(draft, vm)?.generation ?? 0;
  switch (rung.kind) {
    case 'none':
      return;
    case 'busy':
      return tellBusy(draft, vm, found.what);
    case 'restart-app':
      return beginRepair(draft, vm, 'restartApp', generation, found.because);
    case 'reset':
      return beginRepair(draft, vm, 'reset', generation, found.because);
    case 'beyond':
      if (mayRestartHere(draft, vm)) return beginRepair(draft, vm, 'kill', generation, found.because);
      if (leave(draft, vm, vmState(draft, vm.vm).failuresMs.length + 1)) return;
      return giveUp(draft, vm, found);
  }
}

function tellBusy(draft: Draft, vm: ProtectedVm, what: Failed['what']): void {
  const { health } = vmState(draft, vm.vm);
  if (health.counters === null || lastMovedMs(health, what) !== health.counters.atMs) return;
  tellOfFailure(draft, vm, 'busy', {
    code: 'vm.health-busy',
    level: 'notice',
    vm: vm.name,
    text: `${vm.name} does not answer, but its disks or its network move: it is not reset.`,
  });
}

/** The VM is left as it is: half dead is better than off. */
function giveUp(draft: Draft, vm: ProtectedVm, found: Failed): void {
  const { state: health, pauseMs } = noteGivenUp(vmState(draft, vm.vm).health, draft.nowMs);
  patchVm(draft, vm.vm, { health });
  tell(draft, {
    code: 'vm.health-gave-up',
    level: 'alarm',
    vm: vm.name,
    text: `Nothing has helped ${vm.name} (${found.because}). It is left as it is; the next attempt is in ${Math.round(pauseMs / 60_000)} min.`,
    facts: { pauseMs, rounds: health.givenUp },
  });
}

export function tellRecovered(draft: Draft, vm: ProtectedVm): void {
  const { health } = vmState(draft, vm.vm);
  const { failedSinceMs, lastAct } = health;
  if (failedSinceMs === null) return;
  const tookMs = draft.nowMs - failedSinceMs;
  patchVm(draft, vm.vm, {
    health: { ...health, failedSinceMs: null, lastAct: null, said: [], givenUp: 0, notBeforeMs: 0 },
  });
  tell(draft, {
    code: 'vm.health-recovered',
    level: 'notice',
    vm: vm.name,
    text: `${vm.name} is well again on ${draft.setup.hostName}, ${(tookMs / 1000).toFixed(1)} s after it began to fail${lastAct === null ? '' : `: ${lastAct}`}.`,
    facts: { tookMs, act: lastAct },
  });
}
