import { type Failure, FailureError } from '../../../agent/protocol/failure.ts';
import type { CheckLine, SwitchOverPlan } from '../../ipc/daily/switchOverViews.ts';
import type { Findings, VmView } from '../../ipc/views.ts';
import { duration } from '../../ipc/words.ts';
import { type GroupFacts, hostOf, startOf } from './facts.ts';
import { liveWay } from './liveWay.ts';
import { targetsOf } from './targets.ts';

/** A guest that nobody has seen shut down: a small server that is not busy. */
const ASSUMED_SHUTDOWN_MS = 8_000;
/** Giving the token up, and the other host noticing it: two of the store's turns. */
const HANDOVER_MS = 1_500;

/** `findings`: what the agent found in the VM's definition a moment ago. Throws a FailureError without a target. Pure. */
export function switchOverPlan(
  facts: GroupFacts,
  vm: VmView,
  to: string | null,
  findings: Findings,
): SwitchOverPlan {
  const targets = targetsOf(facts, vm);
  const target =
    to === null
      ? (targets.find(({ refused }) => refused === null) ?? targets[0])
      : targets.find(({ host }) => host === to);
  if (target === undefined) {
    const message = `${to ?? 'No other host'} is not another host that may run ${vm.name}.`;
    throw new FailureError({ code: 'vm.no-such-target', message, field: 'to' });
  }
  const from = hostOf(vm) ?? vm.holder ?? 'its host';
  const start = startOf(facts, vm);
  const shutdownMs = facts.shutdownMs.get(vm.name);
  const checks = [
    targetCheck(target),
    memoryCheck(facts, vm, target.host),
    definitionCheck(facts, vm, target.host),
    ...definitionFindings(findings),
  ];
  const timeout = duration(vm.policy.shutdownTimeoutMs);
  return {
    vmName: vm.name,
    from,
    to: target.host,
    shutDown: {
      expectedPauseMs: (shutdownMs ?? ASSUMED_SHUTDOWN_MS) + HANDOVER_MS + start.ms,
      basis: shutdownMs === undefined ? 'assumed' : start.basis,
      steps: [
        `${vm.name} is asked to shut down on ${from}; it has ${timeout}, then its power is cut.`,
        `${from} publishes its definition and gives its token up on the store.`,
        `${target.host} takes the token and starts it.`,
      ],
      risk: 'What the guest has only in memory, if it does not shut down in time.',
    },
    live: liveWay(facts, vm, { from, to: target.host }),
    checks,
    mayBegin: checks.every(({ state }) => state !== 'failed'),
  };
}

/** The hosts' own word on a move of the running guest, asked a moment ago. Pure. */
export function withoutLive(plan: SwitchOverPlan, against: readonly Failure[]): SwitchOverPlan {
  if (against.length === 0) return plan;
  const refused = against.map(({ message }) => message).join(' ');
  return { ...plan, live: { ...plan.live, refused } };
}

type Target = ReturnType<typeof targetsOf>[number];

function targetCheck({ host, refused }: Target): CheckLine {
  return {
    id: 'target',
    title: `${host} can take it`,
    state: refused === null ? 'passed' : 'failed',
    evidence: refused?.message ?? `${host} renews its lease and is not in maintenance.`,
    whatToDo: refused?.fix ?? null,
  };
}

function memoryCheck({ view }: GroupFacts, { memoryMiB, name }: VmView, host: string): CheckLine {
  const freeMiB = view.hosts.find((each) => each.name === host)?.report?.memoryFreeMiB ?? null;
  const isKnown = freeMiB !== null && memoryMiB !== null;
  const fits = isKnown && freeMiB >= memoryMiB;
  return {
    id: 'memory',
    title: `${host} has the memory`,
    state: fits ? 'passed' : 'warning',
    evidence: isKnown
      ? `${name} needs ${memoryMiB} MiB, ${freeMiB} MiB are free.`
      : `How much memory is free on ${host} is not known.`,
    whatToDo: fits || !isKnown ? null : `Shut something down on ${host} first.`,
  };
}

function definitionCheck({ statuses }: GroupFacts, vm: VmView, host: string): CheckLine {
  const inSync = statuses.get(host)?.vms.find((each) => each.vm === vm.id)?.definitionInSync ?? null;
  return {
    id: 'definition',
    title: `${host} has the newest definition`,
    state: inSync === true ? 'passed' : 'warning',
    evidence:
      inSync === true
        ? 'It is the same on both hosts.'
        : `${host} ${inSync === null ? 'does not say' : 'has an older one'}; the newest is fetched from the store.`,
    whatToDo: null,
  };
}

function definitionFindings(findings: Findings): readonly CheckLine[] {
  if (findings.length === 0) {
    const evidence = 'Disks, networks and devices are there for every host.';
    return [{ id: 'portable', title: 'It can run elsewhere', state: 'passed', evidence, whatToDo: null }];
  }
  return findings.map(({ failure, blocking }) => ({
    id: failure.code,
    title: 'It can run elsewhere',
    state: blocking ? 'failed' : 'warning',
    evidence: failure.message,
    whatToDo: failure.fix ?? null,
  }));
}
