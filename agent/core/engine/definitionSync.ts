import type { Failure } from '../../protocol/failure.ts';
import type { ProtectedVm } from '../../protocol/group.ts';
import type { TokenView } from '../../protocol/keeperLink.ts';
import {
  askDefinitions,
  configOf,
  type Draft,
  freshView,
  isActiveHere,
  patchVm,
  tell,
  tellOnce,
  tokenOf,
  vmState,
} from './state.ts';
import type { DefinitionAction, DefinitionFact, OperationOutcome } from './types.ts';

/** NVRAM, TPM state and some parts of the XML change without any event: the holder compares this often. */
export const PUBLISH_EVERY_MS = 5000;
const DEADLINE_MS = 30_000;
/** After a failure the next attempt, for whichever VM, waits this long. */
const RETRY_MS = 5000;

/**
 * Keeps every standby's copy of the definition new: the holder publishes, the others fetch and place. A returned old
 * active becomes the new secondary this way. One operation at a time, so that it never competes with guests.
 */
export function syncDefinitions(draft: Draft): void {
  const view = freshView(draft, draft.nowMs);
  const isBusy = draft.background !== null || draft.nowMs < draft.backgroundRetryAtMs;
  if (view === null || isBusy || !view.store.reachable || !draft.hypervisor.connected) return;
  for (const vm of configOf(draft)?.vms ?? []) {
    const token = tokenOf(draft, vm);
    if (!token || draft.admin?.vm?.vm === vm.vm || vmState(draft, vm.vm).activity !== null) continue;
    const action = token.mine ? publishing(draft, vm, token) : following(draft, vm, token);
    if (action !== null) return begin(draft, action);
  }
  const orphan = forgetting(draft);
  if (orphan !== null) begin(draft, orphan);
}

function begin(draft: Draft, action: DefinitionAction): void {
  const operation = askDefinitions(draft, action, DEADLINE_MS);
  draft.background = { vm: action.vm, operation, action, deadlineMs: draft.nowMs + DEADLINE_MS };
}

function publishing(draft: Draft, vm: ProtectedVm, token: TokenView): DefinitionAction | null {
  const { publish, wanted } = vmState(draft, vm.vm);
  const isOld = publish.lastMs === null || draft.nowMs - publish.lastMs >= PUBLISH_EVERY_MS;
  const isWanted = publish.isDue || isOld || wanted?.note.definition === null;
  if (!isWanted || wanted?.generation !== token.generation || !draft.domains.has(vm.vm)) return null;
  // What is on the store must not be overwritten before the note names what was written last.
  if (token.note?.definition !== wanted.note.definition) return null;
  return { kind: 'publish', vm: vm.vm, token: vm.token, current: wanted.note.definition };
}

function following(draft: Draft, vm: ProtectedVm, token: TokenView): DefinitionAction | null {
  const digest = token.note?.definition ?? null;
  if (digest === null || !vm.hosts.includes(draft.setup.slot)) return null;
  const known = draft.definitions.get(vm.vm);
  if (known?.cached !== digest) return { kind: 'fetch', vm: vm.vm, token: vm.token, digest };
  const isPlaced = known.placed === digest && draft.domains.has(vm.vm) && known.role === 'standby';
  if (isPlaced || isActiveHere(draft, vm.vm)) return null;
  return { kind: 'place', vm: vm.vm, digest, role: 'standby' };
}

/** A definition kept for a VM that is not protected any more. */
function forgetting(draft: Draft): DefinitionAction | null {
  const config = configOf(draft);
  if (config === null) return null;
  for (const known of draft.definitions.values()) {
    if (config.vms.some((vm) => vm.vm === known.vm)) continue;
    const undefine = known.role === 'standby' && !isActiveHere(draft, known.vm);
    return { kind: 'forget', vm: known.vm, undefine };
  }
  return null;
}

/** The background operation ended; false when `operation` is another one. */
export function backgroundEnded(draft: Draft, operation: number, outcome: OperationOutcome): boolean {
  const { background } = draft;
  if (background?.operation !== operation) return false;
  draft.background = null;
  const vm = configOf(draft)?.vms.find((one) => one.vm === background.vm);
  if (outcome.kind === 'failed') {
    draft.backgroundRetryAtMs = draft.nowMs + RETRY_MS;
    if (vm) tellFailure(draft, vm, background.action.kind, outcome.failure);
    return true;
  }
  if (vm && background.action.kind === 'place') {
    tell(draft, {
      code: 'definition.placed',
      level: 'info',
      vm: vm.name,
      text: `${draft.setup.hostName} is a standby of ${vm.name}, with its present definition.`,
      facts: { digest: background.action.digest.slice(0, 12) },
    });
  }
  if (background.action.kind !== 'publish' || !vm || outcome.value.kind !== 'digest') return true;
  const { wanted } = vmState(draft, vm.vm);
  patchVm(draft, vm.vm, { publish: { isDue: false, lastMs: draft.nowMs } });
  const { digest } = outcome.value;
  if (!wanted || wanted.note.definition === digest) return true;
  patchVm(draft, vm.vm, { wanted: { ...wanted, note: { ...wanted.note, definition: digest } } });
  tell(draft, {
    code: 'definition.published',
    level: 'info',
    vm: vm.name,
    text: `The definition of ${vm.name} changed and is on the store.`,
    facts: { digest: digest.slice(0, 12) },
  });
  return true;
}

function tellFailure(draft: Draft, vm: ProtectedVm, doing: string, failure: Failure): void {
  tellOnce(draft, vm.vm, `definition ${doing} ${failure.code}`, {
    code: 'definition.sync-failed',
    level: 'warning',
    vm: vm.name,
    text: `The definition of ${vm.name} could not be brought up to date (${doing}): ${failure.message}`,
    facts: { doing, failure: failure.code },
  });
}

/** What an operation of any flow on a definition means for what this host has. */
export function noteDefinition(draft: Draft, operation: number, outcome: OperationOutcome): void {
  const action = draft.definitionOperations.get(operation);
  if (action === undefined) return;
  const operations = new Map(draft.definitionOperations);
  operations.delete(operation);
  draft.definitionOperations = operations;
  if (outcome.kind === 'failed') return;
  const definitions = new Map(draft.definitions);
  const known: DefinitionFact = definitions.get(action.vm) ?? {
    vm: action.vm,
    cached: null,
    placed: null,
    role: 'active',
  };
  switch (action.kind) {
    case 'publish':
      if (outcome.value.kind !== 'digest') return;
      definitions.set(action.vm, {
        ...known,
        cached: outcome.value.digest,
        placed: outcome.value.digest,
        role: 'active',
      });
      break;
    case 'fetch':
      definitions.set(action.vm, { ...known, cached: action.digest });
      break;
    case 'place':
      definitions.set(action.vm, { ...known, placed: action.digest, role: action.role });
      break;
    case 'forget':
      definitions.delete(action.vm);
      break;
  }
  draft.definitions = definitions;
}
