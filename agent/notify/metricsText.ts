import type { ChannelHealth } from '../core/notify/types.ts';
import type { Status } from '../protocol/control.ts';

type Labels = Readonly<Record<string, string | number>>;
interface Sample {
  readonly labels?: Labels;
  readonly value: number | null;
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

function family(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.flatMap(({ labels = {}, value }) => {
    if (value === null) return [];
    const inside = Object.entries(labels).map(([key, label]) => `${key}="${escaped(String(label))}"`);
    return [`understudy_${name}${inside.length === 0 ? '' : `{${inside.join(',')}}`} ${value}\n`];
  });
  if (lines.length === 0) return '';
  return `# HELP understudy_${name} ${help}\n# TYPE understudy_${name} gauge\n${lines.join('')}`;
}

const flag = (is: boolean): number => (is ? 1 : 0);
const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

/** The figures of one host in Prometheus's text format, version 0.0.4. Names: docs/alerts.md; they never change meaning. */
export function metricsText(status: Status, channels: ReadonlyMap<string, ChannelHealth>): string {
  return [hostFigures(status), vmFigures(status), linkFigures(status), channelFigures(channels)].join('');
}

function hostFigures({ agentVersion, self, store, hosts, takeoverMs, group }: Status): string {
  const build = { version: agentVersion, host: self.name };
  return [
    family('info', 'Version of the agent and name of the host; always 1.', [{ labels: build, value: 1 }]),
    family('keeper_alive', '1 while this host renews its lease and may run protected VMs.', [
      { value: flag(self.phase === 'alive') },
    ]),
    family('lease_left_seconds', 'Time until the lease of this host would end.', [
      { value: seconds(self.leaseLeftMs) },
    ]),
    family('hypervisor_connected', '1 while libvirt answers.', [{ value: flag(self.hypervisor.connected) }]),
    family('store_reachable', '1 while the lease area can be read and written.', [
      { value: flag(store.reachable) },
    ]),
    family('store_renew_seconds', 'Time that a renewal of the lease takes on the store.', [
      { labels: { quantile: '0.5' }, value: seconds(store.renewP50Ms) },
      { labels: { quantile: '1' }, value: seconds(store.renewMaxMs) },
    ]),
    family('takeover_seconds', 'Longest time T after which another host is taken over by time.', [
      { value: seconds(takeoverMs) },
    ]),
    family('group_disarmed', '1 while the group moves and restarts nothing.', [
      { value: group === null ? null : flag(group.disarmed) },
    ]),
    family(
      'host_alive',
      '1 for each host of the group that is seen to renew its lease.',
      hosts.map(({ name, state }) => ({ labels: { peer: name }, value: flag(state === 'alive') })),
    ),
  ].join('');
}

function vmFigures({ vms, self }: Status): string {
  return [
    family(
      'vm_protected',
      '1: protected. 0.5: degraded. 0: a failure of its host would leave it down.',
      vms.map(({ name, readiness: { level } }) => ({
        labels: { vm: name },
        value: level === 'protected' ? 1 : level === 'degraded' ? 0.5 : 0,
      })),
    ),
    family(
      'vm_running_here',
      '1 for each protected VM that runs on this host.',
      vms.map(({ name, here }) => ({ labels: { vm: name }, value: flag(here === 'running') })),
    ),
    family(
      'vm_held_here',
      '1 for each protected VM whose token this host holds.',
      vms.map(({ name, holder }) => ({ labels: { vm: name }, value: flag(holder === self.slot) })),
    ),
  ].join('');
}

function linkFigures({ links, hosts }: Status): string {
  const labels = (peer: number, link: number): Labels => ({
    peer: hosts.find(({ slot }) => slot === peer)?.name ?? `slot ${peer}`,
    link: link + 1,
  });
  return [
    family(
      'link_up',
      '1 while heartbeats arrive on a link.',
      links.map(({ peer, link, state }) => ({ labels: labels(peer, link), value: flag(state === 'up') })),
    ),
    family(
      'link_round_trip_seconds',
      'Mean round trip of the last 240 heartbeats.',
      links.map(({ peer, link, rttMs }) => ({ labels: labels(peer, link), value: seconds(rttMs) })),
    ),
    family(
      'link_loss_ratio',
      'Share of the last 240 heartbeats that did not come.',
      links.map(({ peer, link, loss }) => ({ labels: labels(peer, link), value: loss })),
    ),
  ].join('');
}

function channelFigures(channels: ReadonlyMap<string, ChannelHealth>): string {
  return family(
    'channel_working',
    '0 for each channel whose newest attempt to tell somebody failed.',
    [...channels].map(([channel, { failure }]) => ({ labels: { channel }, value: flag(failure === null) })),
  );
}
