import type { Status, VmStatus } from '../../agent/protocol/control.ts';
import type { LogEvent } from '../../agent/protocol/event.ts';
import { moveProgressText } from '../../agent/protocol/moveProgress.ts';
import type { HostStatusResult } from '../backend/group/health.ts';

/** What `status` prints: hosts, links, VMs, as seen by the host with the freshest view. Pure. */
export function statusText(results: readonly HostStatusResult[]): string {
  const lines = results.map((result) =>
    'failure' in result ? `${result.host.padEnd(12)} no answer: ${result.failure.message}` : hostLine(result),
  );
  const statuses = results.flatMap((result) => ('status' in result ? [result] : []));
  for (const { host, status } of statuses) {
    for (const link of status.links) {
      const peer = status.hosts.find((each) => each.slot === link.peer)?.name ?? `slot ${link.peer}`;
      const trip = link.rttMs === null ? '' : `, ${link.rttMs.toFixed(1)} ms`;
      lines.push(`  ${host} -> ${peer} link ${link.link + 1} ${link.address}: ${link.state}${trip}`);
    }
  }
  const vms = new Map<string, { readonly vm: VmStatus; readonly status: Status; readonly host: string }>();
  for (const { host, status } of statuses) {
    for (const vm of status.vms) {
      const before = vms.get(vm.vm);
      const better =
        before === undefined || vm.generation > before.vm.generation || vm.holder === status.self.slot;
      if (better) vms.set(vm.vm, { vm, status, host });
    }
  }
  for (const { vm, status } of vms.values()) lines.push(...vmLines(vm, status));
  return `${lines.join('\n')}\n`;
}

function hostLine({ host, status }: Extract<HostStatusResult, { status: Status }>): string {
  const { self, store } = status;
  const parts = [
    self.phase ?? 'no keeper',
    `watchdog ${self.watchdog ?? 'unknown'}`,
    store.reachable ? `store ${store.renewP50Ms?.toFixed(1) ?? '?'} ms` : `store lost: ${store.error ?? ''}`,
    self.hypervisor.connected ? `libvirt ${self.hypervisor.version ?? ''}` : 'libvirt lost',
    `agent ${status.agentVersion}`,
  ];
  const because = self.phaseBecause === null ? '' : `\n  ${self.phaseBecause.message}`;
  return `${host.padEnd(12)} ${parts.join(', ')}${because}`;
}

function vmLines(vm: VmStatus, status: Status): string[] {
  const holder = status.hosts.find((host) => host.slot === vm.holder)?.name ?? status.self.name;
  const where = vm.holder === null ? 'held by nobody' : `on ${holder}`;
  const activity =
    vm.activity === null ? '' : `, ${vm.activity.kind}: ${vm.activity.step}${progressOf(vm.activity)}`;
  return [
    `VM ${vm.name}: ${vm.here} ${where}, ${vm.readiness.level}${activity}`,
    ...vm.readiness.reasons.map(
      (reason) => `  ${reason.message}${reason.fix === undefined ? '' : ` ${reason.fix}`}`,
    ),
  ];
}

const progressOf = ({ progress }: NonNullable<VmStatus['activity']>): string =>
  progress === undefined ? '' : ` (${moveProgressText(progress)})`;

export function eventText(event: LogEvent): string {
  const vm = event.vm === undefined ? '' : ` ${event.vm}`;
  return `${event.wallTime}  ${event.host.padEnd(10)} ${event.level.padEnd(7)}${vm} ${event.text}\n`;
}
