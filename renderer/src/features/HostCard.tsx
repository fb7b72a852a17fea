import { Plug, Power } from 'lucide-react';
import type { ConsoleLink, HostReport, PeerOpinion } from '../../../electron/ipc/views.ts';
import { duration } from '../../../electron/ipc/words.ts';
import { powerOn, pullPlug } from '../store/actions.ts';
import type { LiveGroup, LiveHost, LiveVm } from '../store/live.ts';
import { routeHash } from '../store/route.ts';
import { useLater } from '../store/selectors.ts';
import { consoleWords, gibibytes, hostWords, words } from '../text/en.ts';
import { Age } from '../ui/Age.tsx';
import { Button } from '../ui/Button.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { Status, StatusMark } from '../ui/StatusMark.tsx';

/** VM chips shown on a host; more are counted, because the table below lists them all. */
const chipsShown = (hosts: number): number => (hosts > 2 ? 6 : 12);

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const watchdogs = { armed: 'Armed', software: 'Software only', none: 'None' } as const;

function Facts({
  report,
  atMs,
  demo,
}: {
  readonly report: HostReport;
  readonly atMs: number;
  readonly demo: boolean;
}) {
  const lateMs = useLater(atMs);
  const { leaseLeftMs, watchdog, memoryTotalMiB, memoryFreeMiB, hypervisor } = report;
  const left = leaseLeftMs === null ? null : Math.max(0, leaseLeftMs - lateMs);
  return (
    <dl className="facts">
      <Fact name="Host lease">{left === null ? 'None' : `good for ${(left / 1000).toFixed(1)} s`}</Fact>
      <Fact name="Watchdog">
        {watchdog === null ? 'Not known' : watchdogs[watchdog]}
        {demo && watchdog !== null && watchdog !== 'none' ? ' (stand-in)' : ''}
      </Fact>
      {memoryTotalMiB !== null && memoryFreeMiB !== null ? (
        <Fact name="Memory">{`${gibibytes(memoryFreeMiB)} of ${gibibytes(memoryTotalMiB)} free`}</Fact>
      ) : null}
      <Fact name={demo ? 'Hypervisor (stand-in)' : 'libvirt'}>
        {hypervisor.connected ? (hypervisor.version ?? 'Connected') : (hypervisor.error ?? 'Not connected')}
      </Fact>
    </dl>
  );
}

const leases = {
  fresh: 'fresh',
  stale: 'not renewed',
  drained: 'given up',
  left: 'left',
  none: 'none',
} as const;

/** What the others see of a host that does not speak to this app itself. */
function Opinion({ opinion, atMs }: { readonly opinion: PeerOpinion; readonly atMs: number }) {
  const lateMs = useLater(atMs);
  const { by, state, lease, leaseAgeMs, takeableInMs } = opinion;
  const aged = leaseAgeMs === null ? '' : `, last changed ${duration(leaseAgeMs + lateMs)} ago`;
  const left = takeableInMs === null ? null : takeableInMs - lateMs;
  const heard: Record<typeof state, string> = {
    alive: 'hears it',
    late: 'hears it late',
    silent: 'hears nothing from it',
    dead: 'counts it as lost',
    'not-known': 'knows nothing of it',
  };
  return (
    <p className="opinion">
      {`${by} ${heard[state]}. Its lease: ${leases[lease]}${aged}.`}
      {left !== null && left > 0 && state !== 'dead'
        ? ` Its VMs may be taken over in ${duration(left)}.`
        : null}
    </p>
  );
}

function Chips({
  groupId,
  vms,
  limit,
}: {
  readonly groupId: string;
  readonly vms: readonly LiveVm[];
  readonly limit: number;
}) {
  if (vms.length === 0) return <p className="chips-none">No VM runs here.</p>;
  return (
    <ul className="chips" aria-label="VMs here">
      {vms.slice(0, limit).map((vm) => (
        <li key={vm.id}>
          <a
            className={`chip chip-${vm.word}`}
            href={routeHash({ page: 'vm', groupId, item: vm.id })}
            aria-label={`${vm.name}: ${words[vm.word]}`}
          >
            <StatusMark word={vm.word} />
            <span>{vm.name}</span>
          </a>
        </li>
      ))}
      {vms.length > limit ? (
        <li>
          <a className="chip chip-more" href={routeHash({ page: 'vms', groupId })}>
            {`and ${vms.length - limit} more`}
          </a>
        </li>
      ) : null}
    </ul>
  );
}

function DemoPower({ group, host }: { readonly group: LiveGroup; readonly host: LiveHost }) {
  if (host.demoPower === null) return null;
  return host.demoPower === 'on' ? (
    <Button
      look="danger"
      onPress={() => void pullPlug(group.id, host.name)}
      label={`Pull the plug of ${host.name}`}
    >
      <Plug aria-hidden="true" />
      Pull the plug
    </Button>
  ) : (
    <Button look="primary" onPress={() => void powerOn(group.id, host.name)} label={`Power on ${host.name}`}>
      <Power aria-hidden="true" />
      Power on
    </Button>
  );
}

/** A connection comes back by itself within seconds most of the time; only what lasts is worth a paragraph. */
const TROUBLE_AFTER_MS = 5_000;
function isTrouble(
  host: LiveHost,
): host is LiveHost & { readonly console: Extract<ConsoleLink, { readonly kind: 'lost' }> } {
  return host.console.kind === 'lost' && host.console.forMs > TROUBLE_AFTER_MS && host.demoPower !== 'off';
}

/** One host: its state, what runs there, and the few facts that decide about a failover. */
export function HostCard({ group, host }: { readonly group: LiveGroup; readonly host: LiveHost }) {
  const { word, label } = hostWords(host);
  const here = group.vms.filter(({ place }) => 'host' in place && place.host === host.name);
  const fresh = host.report?.fresh === true;
  return (
    <article className={`host host-${word}`} aria-label={`Host ${host.name}`}>
      <header className="host-head">
        <h3>{host.name}</h3>
        <Status word={word} label={label} />
        {host.report === null ? null : <Age ageMs={host.report.ageMs} atMs={host.atMs} />}
      </header>
      <Chips groupId={group.id} vms={here} limit={chipsShown(group.hosts.length)} />
      {fresh && host.report !== null ? (
        <Facts report={host.report} atMs={host.atMs} demo={group.kind === 'demo'} />
      ) : (
        host.opinions.map((opinion) => <Opinion key={opinion.by} opinion={opinion} atMs={host.atMs} />)
      )}
      {fresh && host.report?.phaseBecause ? <FailureText failure={host.report.phaseBecause} /> : null}
      {isTrouble(host) ? <FailureText failure={host.console.failure} /> : null}
      <footer className="host-foot">
        <span className="host-console" title={host.address}>
          {host.demoPower === 'off' ? 'Its processes are gone.' : consoleWords(host.console)}
        </span>
        <DemoPower group={group} host={host} />
      </footer>
    </article>
  );
}
