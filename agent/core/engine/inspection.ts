import type { ProtectedVm } from '../../protocol/group.ts';
import { checkDomain, drainMethod } from './checks.ts';
import type { DomainDescription } from './description.ts';
import { askHypervisor, configOf, type Draft, freshView, patchVm, tell, tokenOf, vmState } from './state.ts';
import type { Finding, OperationOutcome } from './types.ts';

const DEADLINE_MS = 20_000;
/** A definition that could not be read is looked at again after this time. */
const RETRY_MS = 30_000;

/** Where a takeover could lose or mix data. With the other findings it would only fail, and that harms nothing. */
const DANGEROUS = new Set([
  'vm.cache-mode',
  'vm.io-mode',
  'vm.io-mode-changed',
  'vm.local-disk',
  'vm.disk-missing',
]);

/** Not the definition's fault, and may change without it: seen all the time instead (`HostFact.networkGaps`). */
const OF_THE_HOST = new Set(['vm.bridge-missing', 'vm.network-missing']);

/** Looking at a definition again; one at a time on a host. */
export interface Inspection {
  readonly vm: string;
  readonly operation: number;
  readonly deadlineMs: number;
}

/**
 * A definition that was fit to be protected may be edited into one that is not: with a cache in memory, or on a local
 * disk. The holder looks again after each change, and marks a VM that became unsafe as not to be taken over.
 */
export function syncInspections(draft: Draft): void {
  if (draft.inspection !== null && draft.nowMs >= draft.inspection.deadlineMs) draft.inspection = null;
  const view = freshView(draft, draft.nowMs);
  if (view?.phase !== 'alive' || draft.inspection !== null || !draft.hypervisor.connected) return;
  for (const vm of configOf(draft)?.vms ?? []) {
    const { inspect, activity } = vmState(draft, vm.vm);
    const isDue = inspect.isDue && draft.nowMs >= inspect.notBeforeMs && activity === null;
    if (!isDue || tokenOf(draft, vm)?.mine !== true || !draft.domains.has(vm.vm)) continue;
    const operation = askHypervisor(draft, { kind: 'inspect', vm: vm.vm }, DEADLINE_MS);
    draft.inspection = { vm: vm.vm, operation, deadlineMs: draft.nowMs + DEADLINE_MS };
    return;
  }
}

/** False when `operation` is another one. */
export function inspectionEnded(draft: Draft, operation: number, outcome: OperationOutcome): boolean {
  const { inspection } = draft;
  if (inspection?.operation !== operation) return false;
  draft.inspection = null;
  const vm = configOf(draft)?.vms.find((one) => one.vm === inspection.vm);
  if (!vm) return true;
  const { inspect } = vmState(draft, vm.vm);
  if (outcome.kind === 'failed' || outcome.value.kind !== 'inspected') {
    patchVm(draft, vm.vm, { inspect: { ...inspect, notBeforeMs: draft.nowMs + RETRY_MS } });
    return true;
  }
  const { description, running = null, places } = outcome.value;
  const stored = [...checkDomain(description, places), ...checkDrain(vm, description)];
  // A change to the running guest alone counts as well: it writes where it is now, not where it will after a restart.
  const live = running === null ? [] : [...checkDomain(running, places), ...checkDrain(vm, running)];
  const isNew = ({ failure }: Finding): boolean =>
    stored.every((one) => one.failure.message !== failure.message);
  const findings = [...stored, ...live.filter(isNew)];
  const hasHeartbeat = description.hasHeartbeat && (running?.hasHeartbeat ?? true);
  judge(
    draft,
    vm,
    findings.filter(({ blocking, failure }) => blocking && !OF_THE_HOST.has(failure.code)),
    hasHeartbeat,
  );
  return true;
}

/** The keeper proves that writes are over by the method chosen when the VM was protected. */
function checkDrain(vm: ProtectedVm, description: DomainDescription): Finding[] {
  const present = drainMethod(description);
  // Seeing threads stopped and the process gone proves it for both kinds of disks.
  if (present === vm.drain || vm.drain === 'threads-stopped') return [];
  return [
    {
      blocking: true,
      failure: {
        code: 'vm.io-mode-changed',
        message: `${vm.name}'s disks use another I/O mode than when it was protected.`,
        meaning: 'The proof that its writes are over was chosen for the earlier one.',
        fix: `Unprotect ${vm.name} and protect it again; it runs on meanwhile.`,
      },
    },
  ];
}

function judge(draft: Draft, vm: ProtectedVm, unsafe: readonly Finding[], hasHeartbeat: boolean): void {
  const { inspect, wanted } = vmState(draft, vm.vm);
  patchVm(draft, vm.vm, { inspect: { isDue: false, notBeforeMs: 0, unsafe, hasHeartbeat } });
  const notTakeable = unsafe.some((finding) => DANGEROUS.has(finding.failure.code));
  if (wanted) patchVm(draft, vm.vm, { wanted: { ...wanted, note: { ...wanted.note, notTakeable } } });
  const [first] = unsafe;
  if (first !== undefined && inspect.unsafe.length === 0) {
    tell(draft, {
      code: 'vm.definition-unsafe',
      level: 'alarm',
      vm: vm.name,
      text: `The definition of ${vm.name} was changed: it can not be failed over any more. ${first.failure.message}`,
      facts: { finding: first.failure.code, findings: unsafe.length },
    });
  } else if (first === undefined && inspect.unsafe.length > 0) {
    tell(draft, {
      code: 'vm.definition-safe',
      level: 'notice',
      vm: vm.name,
      text: `The definition of ${vm.name} can be failed over again.`,
    });
  }
}
