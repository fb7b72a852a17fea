import type { Duplex } from 'node:stream';
import type { ControlMethod, ControlParams, ControlResult, Status } from '../../agent/protocol/control.ts';
import type { LogEvent } from '../../agent/protocol/event.ts';
import { FailureError } from '../../agent/protocol/failure.ts';
import type { BeatSeries, GroupKind, GroupView, VmView } from '../ipc/views.ts';
import { AgentLink } from './agentLink.ts';
import { BeatHistory } from './beatHistory.ts';
import { groupView } from './groupView.ts';
import type { HostSnapshot } from './hostSnapshot.ts';

/** A host to watch, however it is reached. */
export interface HostSource {
  readonly name: string;
  readonly address: string;
  /** A byte stream to its agent's control socket. */
  open(): Promise<Duplex>;
  /** Only for demo hosts: whether their processes run. */
  power?(): 'on' | 'off';
}

export interface GroupSource {
  readonly id: string;
  readonly kind: GroupKind;
  readonly name: string;
  readonly hosts: readonly HostSource[];
}

export interface GroupListener {
  readonly onChange: () => void;
  readonly onEvents: (groupId: string, events: readonly LogEvent[], live: boolean) => void;
}

interface Watched {
  readonly source: HostSource;
  readonly link: AgentLink;
  status: Status | null;
  receivedMs: number;
}

/** A group that this app watches: a link to each host, the last report of each, and two minutes of heartbeats. */
export class OpenGroup {
  readonly source: GroupSource;
  readonly #hosts: readonly Watched[];
  readonly #history = new BeatHistory();

  constructor(source: GroupSource, consoleName: string, listener: GroupListener) {
    this.source = source;
    this.#hosts = source.hosts.map((host) => {
      const watched: Watched = {
        source: host,
        status: null,
        receivedMs: 0,
        link: new AgentLink({
          hostName: host.name,
          consoleName,
          open: () => host.open(),
          onStatus: (status) => {
            watched.status = status;
            watched.receivedMs = performance.now();
            listener.onChange();
          },
          onEvents: (events, live) => listener.onEvents(source.id, events, live),
          onChange: listener.onChange,
        }),
      };
      return watched;
    });
  }

  view(): GroupView {
    const { id, kind, name } = this.source;
    return groupView({ id, kind, name, hosts: this.snapshots() });
  }

  /** What this app holds of each host now. */
  snapshots(): readonly HostSnapshot[] {
    const nowMs = performance.now();
    return this.#hosts.map(({ source, link, status, receivedMs }) => ({
      name: source.name,
      address: source.address,
      console: link.view(nowMs),
      status,
      ageMs: status === null ? null : nowMs - receivedMs,
      demoPower: source.power?.() ?? null,
    }));
  }

  /** Once a second. */
  sample(view: GroupView): readonly BeatSeries[] {
    this.#history.sample(view);
    return this.#history.all();
  }

  /** Throws a FailureError when there is no such VM. */
  vm(vmId: string): VmView {
    const vm = this.view().vms.find(({ id }) => id === vmId);
    if (vm !== undefined) return vm;
    const message = 'This group has no such VM now.';
    throw new FailureError({ code: 'app.unknown-vm', message, field: 'vmId' });
  }

  /** Asks one host's agent. */
  call<Method extends ControlMethod>(
    host: string,
    method: Method,
    params: ControlParams<Method>,
    deadlineMs?: number,
  ): Promise<ControlResult<Method>> {
    return this.#watched(host).link.call(method, params, deadlineMs);
  }

  /** The host was just switched on, or (null) this computer woke up: don't wait for the next attempt. */
  retryNow(host: string | null): void {
    const hosts = host === null ? this.#hosts : [this.#watched(host)];
    for (const { link } of hosts) link.retryNow();
  }

  close(): void {
    for (const { link } of this.#hosts) link.close();
  }

  #watched(host: string): Watched {
    const watched = this.#hosts.find(({ source }) => source.name === host);
    if (watched !== undefined) return watched;
    const message = `This group has no host ${host}.`;
    throw new FailureError({ code: 'app.unknown-host', message, field: 'host' });
  }
}
