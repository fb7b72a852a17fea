import type { DomainFact, DomainHappening, DomainRunState } from '../core/engine/types.ts';
import type { DomainEvent, DomainState } from '../node-libvirt/index.ts';
import { isDrill } from './drillXml.ts';

/** The engine's word for libvirt's state. A state that is not understood may have a QEMU, so it is no `stopped`. */
export function runState(state: DomainState['state']): DomainRunState {
  switch (state) {
    case 'off':
      return 'stopped';
    case 'paused':
      return 'paused';
    case 'shutting-down':
      return 'shutting-down';
    case 'crashed':
      return 'crashed';
    case 'running':
    case 'blocked':
    case 'pm-suspended':
    case 'none':
    case 'unknown':
      return 'running';
  }
}

export function domainFact(domain: { uuid: string; name: string }, state: DomainState): DomainFact {
  return {
    vm: domain.uuid.toLowerCase(),
    name: domain.name,
    state: runState(state.state),
    reason: state.reason,
  };
}

/** Of all domains but the copies of drills: nothing that protects VMs may take one for a VM. */
export function domainFacts(
  all: readonly { readonly domain: { uuid: string; name: string }; readonly state: DomainState }[],
): readonly DomainFact[] {
  return all.filter((one) => !isDrill(one.domain)).map((one) => domainFact(one.domain, one.state));
}

/** What an event means besides the state, which is read anew. */
export function happeningOf(event: DomainEvent): DomainHappening | null {
  switch (event.kind) {
    case 'reboot':
      return { kind: 'reboot' };
    case 'io-error':
      return { kind: 'io-error', path: event.sourcePath, reason: event.reason };
    case 'lifecycle':
      if (event.event === 'defined') return { kind: 'defined' };
      if (event.event === 'shutdown' && event.detail !== 'finished') {
        return { kind: 'shutdown', by: event.detail === 'host' ? 'host' : 'guest' };
      }
      return event.event === 'crashed' ? { kind: 'panicked' } : null;
    case 'watchdog':
      return { kind: 'watchdog', action: event.action };
    case 'control-error':
    case 'device-removed':
    case 'device-removal-failed':
    case 'block-job':
    case 'agent':
    case 'migration-iteration':
    case 'job-completed':
      return null;
    case 'metadata-change':
      return { kind: 'defined' };
  }
}

/** The end of a domain is told by the event itself: the reason must not wait for another call. */
export function endOf(event: DomainEvent): DomainFact | null {
  if (event.kind !== 'lifecycle' || event.event !== 'stopped') return null;
  const { uuid, name } = event.domain;
  return { vm: uuid.toLowerCase(), name, state: 'stopped', reason: event.detail };
}
