import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import { parseProbe, type Probe } from '../../protocol/health.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import { askGuest } from './askGuest.ts';
import { isUsableHost } from './candidates.ts';
import { type Draft, patchVm, tell, tokenOf, vmState } from './state.ts';
import type { OperationOutcome } from './types.ts';

/** What is waited for may be broken for good: after this time the VM is started without it. */
const WAIT_AT_MOST_MS = 600_000;
const ASK_EVERY_MS = 2000;
const ASK_DEADLINE_MS = 2000;
const ANSWER_GRACE_MS = 2000;
/** An answer that is older says nothing about now. */
const ANSWER_COUNTS_FOR_MS = 10_000;

/** Whether the VMs that this one needs are there; if not, they are asked, and it is started a moment later. */
export function mayStartNow(draft: Draft, view: KeeperView, config: GroupConfig, vm: ProtectedVm): boolean {
  const needed = (vm.policy.after ?? []).flatMap((uuid) => config.vms.find((one) => one.vm === uuid) ?? []);
  const missing = needed.filter((one) => isMeant(draft, one) && !isThere(draft, view, one));
  const { health } = vmState(draft, vm.vm);
  if (missing.length === 0) {
    if (health.waitsSinceMs !== null) patchVm(draft, vm.vm, { health: { ...health, waitsSinceMs: null } });
    return true;
  }
  const names = missing.map((one) => one.name).join(' and ');
  if (health.waitsSinceMs === null) {
    patchVm(draft, vm.vm, { health: { ...health, waitsSinceMs: draft.nowMs } });
    tell(draft, {
      code: 'vm.start-waits',
      level: 'notice',
      vm: vm.name,
      text: `${vm.name} is started when ${names} is there, at the latest in ${WAIT_AT_MOST_MS / 60_000} min.`,
      facts: { waitsFor: names },
    });
    return false;
  }
  if (draft.nowMs - health.waitsSinceMs < WAIT_AT_MOST_MS) return false;
  patchVm(draft, vm.vm, { health: { ...health, waitsSinceMs: null } });
  tell(draft, {
    code: 'vm.started-without',
    level: 'warning',
    vm: vm.name,
    text: `${vm.name} is started without ${names}: that did not come in ${WAIT_AT_MOST_MS / 60_000} min.`,
    facts: { without: names },
  });
  return true;
}

/** One that is meant to be off is waited for by nobody. */
function isMeant(draft: Draft, vm: ProtectedVm): boolean {
  const note = vmState(draft, vm.vm).wanted?.note ?? tokenOf(draft, vm)?.note;
  return note?.desired !== 'stopped';
}

function isThere(draft: Draft, view: KeeperView, vm: ProtectedVm): boolean {
  const token = tokenOf(draft, vm);
  if (token?.value == null || token.free) return false;
  const isHere = token.mine && draft.domains.get(vm.vm)?.state === 'running';
  const isHeldElsewhere = !token.mine && isUsableHost(view, token.value.holder);
  if (!isHere && !isHeldElsewhere) return false;
  const probe = networkProbe(vm);
  return probe === null || answersNow(draft, vm, probe);
}

/** What any host can ask: the deeper look first. */
function networkProbe(vm: ProtectedVm): Probe | null {
  const { deep, fast } = vm.policy.health ?? {};
  for (const level of [deep, fast]) {
    const probe = level === undefined ? null : parseProbe(level.probe);
    if (probe?.kind === 'tcp' || probe?.kind === 'http') return probe;
  }
  return null;
}

function answersNow(draft: Draft, vm: ProtectedVm, probe: Probe): boolean {
  const { health } = vmState(draft, vm.vm);
  const { gate } = health;
  const isPending = gate?.operation != null && draft.nowMs < gate.deadlineMs + ANSWER_GRACE_MS;
  if (!isPending && (gate === null || draft.nowMs - gate.askedAtMs >= ASK_EVERY_MS)) {
    const operation = askGuest(draft, vm.vm, probe, ASK_DEADLINE_MS);
    const asked = { askedAtMs: draft.nowMs, operation, deadlineMs: draft.nowMs + ASK_DEADLINE_MS };
    patchVm(draft, vm.vm, { health: { ...health, gate: { ...asked, wellAtMs: gate?.wellAtMs ?? null } } });
  }
  return gate?.wellAtMs != null && draft.nowMs - gate.wellAtMs < ANSWER_COUNTS_FOR_MS;
}

/** An answer that a start waits for; false: the operation is another one. */
export function gateAnswered(draft: Draft, operation: number, outcome: OperationOutcome): boolean {
  for (const [vm, { health }] of draft.vms) {
    const { gate } = health;
    if (gate?.operation !== operation) continue;
    const isWell =
      outcome.kind === 'done' && outcome.value.kind === 'probed' && outcome.value.answer.outcome === 'well';
    const wellAtMs = isWell ? draft.nowMs : null;
    patchVm(draft, vm, { health: { ...health, gate: { ...gate, operation: null, wellAtMs } } });
    return true;
  }
  return false;
}

/** The names of VMs that would wait for each other for ever, in their order; null: none. */
export function waitingCycle(config: GroupConfig): readonly string[] | null {
  const byId = new Map(config.vms.map((vm) => [vm.vm, vm]));
  const clean = new Set<string>();
  const follow = (vm: ProtectedVm, path: readonly ProtectedVm[]): readonly string[] | null => {
    const from = path.indexOf(vm);
    if (from >= 0) return [...path.slice(from), vm].map((one) => one.name);
    if (clean.has(vm.vm)) return null;
    for (const uuid of vm.policy.after ?? []) {
      const next = byId.get(uuid);
      const cycle = next === undefined ? null : follow(next, [...path, vm]);
      if (cycle !== null) return cycle;
    }
    clean.add(vm.vm);
    return null;
  };
  for (const vm of config.vms) {
    const cycle = follow(vm, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
