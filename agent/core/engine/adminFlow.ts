import type { Failure } from '../../protocol/failure.ts';
import type { GroupConfig, ProtectedVm } from '../../protocol/group.ts';
import { MAX_VMS } from '../../protocol/ids.ts';
import type { KeeperView } from '../../protocol/keeperLink.ts';
import type { AdminActivity } from './adminActivity.ts';
import { begin, DEADLINES_MS, done, enter, failed, refuse } from './adminSteps.ts';
import { checkDomain } from './checks.ts';
import type { DomainDescription } from './description.ts';
import { type GroupCommand, groupChange, isGroupCommand } from './groupChanges.ts';
import { initialNote, newProtection } from './newProtection.ts';
import { roomFault } from './room.ts';
import {
  askDefinitions,
  askHypervisor,
  askKeeper,
  configOf,
  type Draft,
  freshView,
  hostName,
  patchVm,
  reply,
  tell,
  tokenOf,
  vmState,
} from './state.ts';
import type { Finding, OperationOutcome } from './types.ts';

/** The keeper's words for a token that another VM had, and a slot that another machine had. */
const PLACE_IN_USE: ReadonlySet<string> = new Set(['config.token-in-use', 'config.slot-used']);

type Command = AdminActivity['command'];

/** Begins a change of the group's configuration, or a check for one. */
export function beginAdmin(
  draft: Draft,
  view: KeeperView,
  config: GroupConfig,
  id: number | null,
  wanted: Command,
): void {
  if (draft.admin !== null) {
    return refuse(draft, id, {
      code: 'group.busy',
      message: `Another change of the group is under way on ${draft.setup.hostName} (${draft.admin.command.kind}).`,
    });
  }
  if (isGroupCommand(wanted)) return changeGroup(draft, begin(draft, id, wanted), config, wanted);
  const known = config.vms.find((one) => one.name === wanted.vm || one.vm === wanted.vm);
  if (wanted.kind === 'unprotect') return unprotect(draft, view, config, begin(draft, id, wanted), known);
  if (wanted.kind === 'protect' && known) {
    return refuse(draft, id, { code: 'vm.protected-already', message: `${wanted.vm} is protected already.` });
  }
  inspect(draft, begin(draft, id, wanted), wanted);
}

/** Proposes the configuration changed as wanted, with the next slot for a new host that was not refused. */
function changeGroup(draft: Draft, admin: AdminActivity, config: GroupConfig, wanted: GroupCommand): void {
  const how = { byItself: admin.id === null, skip: admin.refusedPlaces };
  const change = groupChange(draft, config, wanted, how);
  if ('code' in change) return failed(draft, admin, change);
  propose(draft, { ...admin, proposed: change.config, told: change });
}

function inspect(
  draft: Draft,
  admin: AdminActivity,
  wanted: Extract<Command, { kind: 'protect' | 'checkVm' }>,
): void {
  const domain = [...draft.domains.values()].find((one) => one.name === wanted.vm || one.vm === wanted.vm);
  if (!domain) {
    return refuse(draft, admin.id, {
      code: 'vm.unknown',
      message: `${draft.setup.hostName} has no VM named ${wanted.vm}.`,
      field: 'vm',
    });
  }
  const operation = askHypervisor(draft, { kind: 'inspect', vm: domain.vm }, DEADLINES_MS.inspect);
  enter(draft, admin, 'inspect', operation);
}

function unprotect(
  draft: Draft,
  view: KeeperView,
  config: GroupConfig,
  admin: AdminActivity,
  vm: ProtectedVm | undefined,
): void {
  const token = vm && tokenOf(draft, vm);
  if (!vm) {
    return refuse(draft, admin.id, {
      code: 'vm.not-protected',
      message: 'That VM is not protected.',
      field: 'vm',
    });
  }
  if (token && !token.mine && !token.free && token.value?.holder !== view.slot) {
    const holder = hostName(draft, token.value?.holder);
    return refuse(draft, admin.id, {
      code: 'vm.held-elsewhere',
      message: `${vm.name} is held by ${holder}, not by ${draft.setup.hostName}.`,
      fix: `Ask ${holder}.`,
    });
  }
  if (vmState(draft, vm.vm).activity !== null) {
    return refuse(draft, admin.id, {
      code: 'vm.busy',
      message: `Something is being done with ${vm.name} already.`,
    });
  }
  propose(draft, {
    ...admin,
    vm,
    proposed: { ...config, vms: config.vms.filter((one) => one.vm !== vm.vm) },
  });
}

function propose(draft: Draft, admin: AdminActivity): void {
  const present = configOf(draft);
  if (admin.proposed === null || present === null) return;
  const config = { ...admin.proposed, generation: present.generation + 1 };
  const operation = askKeeper(draft, { kind: 'proposeConfig', config }, DEADLINES_MS.propose);
  enter(draft, { ...admin, proposed: config }, 'propose', operation);
}

/** An outcome came for the step's operation, or (null) facts or time changed. */
export function advanceAdmin(draft: Draft, outcome: OperationOutcome | null): void {
  const { admin } = draft;
  if (admin === null) return;
  if (outcome === null) {
    if (admin.step === 'awaitConfig') awaitConfig(draft, admin);
    return;
  }
  if (outcome.kind === 'failed') {
    if (admin.step === 'propose' && PLACE_IN_USE.has(outcome.failure.code)) {
      return proposeNext(draft, { ...admin, refusedPlaces: admin.refusedPlaces + 1 }, outcome.failure);
    }
    if (admin.step !== 'publish') return failed(draft, admin, outcome.failure);
    const text = `${admin.vm?.name ?? 'The VM'} is protected, but its definition is not on the store yet: ${outcome.failure.message}`;
    return done(draft, admin, text);
  }
  switch (admin.step) {
    case 'inspect':
      if (outcome.value.kind === 'inspected') {
        const { description, places } = outcome.value;
        inspected(draft, admin, description, checkDomain(description, places));
      }
      return;
    case 'propose':
      return enter(draft, admin, 'awaitConfig', null);
    case 'acquire':
      return acquired(draft, admin, outcome);
    case 'publish':
      return published(draft, admin, outcome);
    case 'awaitConfig':
      return;
  }
}

function inspected(
  draft: Draft,
  admin: AdminActivity,
  description: DomainDescription,
  findings: readonly Finding[],
): void {
  const { command } = admin;
  if (command.kind === 'checkVm') {
    draft.admin = null;
    return reply(draft, admin.id, { kind: 'findings', findings });
  }
  if (command.kind !== 'protect') return;
  const first = findings.find((finding) => finding.blocking);
  if (first) {
    const more = findings.filter((finding) => finding.blocking).length - 1;
    const message = more === 0 ? first.failure.message : `${first.failure.message} (and ${more} more)`;
    return failed(draft, admin, { ...first.failure, message });
  }
  proposeVm(draft, { ...admin, description });
}

/** The keeper knows the place to have been another's: the next one is asked for, until there is none. */
function proposeNext(draft: Draft, admin: AdminActivity, failure: Failure): void {
  const config = configOf(draft);
  if (config === null || admin.refusedPlaces > MAX_VMS) return failed(draft, admin, failure);
  if (isGroupCommand(admin.command)) return changeGroup(draft, admin, config, admin.command);
  proposeVm(draft, admin);
}

/** Proposes the configuration with the VM in it, at the next token that was not refused. */
function proposeVm(draft: Draft, admin: AdminActivity): void {
  const { command, description, refusedPlaces } = admin;
  const config = configOf(draft);
  if (config === null || description === null || command.kind !== 'protect') return;
  const vm = newProtection(draft, config, command, description, refusedPlaces);
  if ('code' in vm) return failed(draft, admin, vm);
  const proposed = { ...config, vms: [...config.vms, vm] };
  const fault = roomFault(draft, config, proposed);
  if (fault !== null) return failed(draft, admin, fault);
  propose(draft, { ...admin, vm, proposed });
}

/** The decision is on the store; the next step needs the keeper's view to show it. */
function awaitConfig(draft: Draft, admin: AdminActivity): void {
  const { command, vm, proposed } = admin;
  const view = freshView(draft, draft.nowMs);
  const isThere = view?.config != null && view.config.generation >= (proposed?.generation ?? 0);
  if (!view || !isThere) {
    if (draft.nowMs < admin.deadlineMs) return;
    return failed(draft, admin, {
      code: 'engine.too-late',
      message: 'The new configuration did not come back.',
    });
  }
  if (admin.told !== null) {
    tell(draft, admin.told.event);
    return done(draft, admin, admin.told.text);
  }
  if (command.kind === 'unprotect') {
    return done(draft, admin, `${vm?.name ?? command.vm} is not protected any more. Nothing was stopped.`);
  }
  const token = vm && tokenOf(draft, vm);
  if (!vm || !token) return;
  const note = initialNote(draft, vm, token.generation + 1);
  const operation = askKeeper(draft, { kind: 'acquire', token: vm.token, note }, DEADLINES_MS.acquire);
  enter(draft, admin, 'acquire', operation);
}

function acquired(
  draft: Draft,
  admin: AdminActivity,
  outcome: Extract<OperationOutcome, { kind: 'done' }>,
): void {
  const { vm } = admin;
  if (!vm || outcome.value.kind !== 'generation') return;
  const { generation } = outcome.value;
  patchVm(draft, vm.vm, { wanted: { generation, note: initialNote(draft, vm, generation) } });
  tell(draft, {
    code: 'vm.protected',
    level: 'notice',
    vm: vm.name,
    text: `${vm.name} is protected from now on; its hosts are ${vm.hosts.map((slot) => hostName(draft, slot)).join(', ')}.`,
    facts: { generation, token: vm.token, drain: vm.drain },
  });
  const operation = askDefinitions(
    draft,
    { kind: 'publish', vm: vm.vm, token: vm.token, current: null },
    DEADLINES_MS.publish,
  );
  enter(draft, admin, 'publish', operation);
}

function published(
  draft: Draft,
  admin: AdminActivity,
  outcome: Extract<OperationOutcome, { kind: 'done' }>,
): void {
  const { vm } = admin;
  if (!vm || outcome.value.kind !== 'digest') return;
  const { wanted } = vmState(draft, vm.vm);
  if (wanted) {
    const note = { ...wanted.note, definition: outcome.value.digest };
    patchVm(draft, vm.vm, { wanted: { ...wanted, note }, publish: { isDue: false, lastMs: draft.nowMs } });
  }
  done(draft, admin, `${vm.name} is protected.`);
}
