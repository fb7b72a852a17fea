import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { type DomainEvent, type DomainEventKind, LIFECYCLE } from './domainEventTypes.ts';
import { type EventSource, subscribe } from './eventRegistry.ts';
import type { EventMessage } from './procedure.ts';
import * as procedures from './procedures.generated.ts';
import { typedParameters } from './typedParameters.ts';

const WATCHDOG_ACTIONS = ['none', 'pause', 'reset', 'poweroff', 'shutdown', 'debug', 'inject-nmi'];
const IO_ERROR_ACTIONS = ['none', 'pause', 'report'];
const BLOCK_JOB_TYPES = ['unknown', 'pull', 'copy', 'commit', 'active-commit', 'backup'];
const BLOCK_JOB_STATUSES = ['completed', 'failed', 'canceled', 'ready'];
const AGENT_REASONS = ['unknown', 'domain-started', 'channel'];
const METADATA_TYPES = ['description', 'title', 'element'];

/** `VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED` */
const AGENT_CONNECTED = 1;

const named = (names: readonly string[], index: number): string => names[index] ?? 'unknown';

function source<Body extends { readonly callbackID: number }>(
  eventId: number,
  message: EventMessage<Body>,
  read: (body: Body) => DomainEvent,
): EventSource {
  return {
    eventId,
    attach: (connection, hear) => connection.listen(message, (body) => hear(body.callbackID, read(body))),
  };
}

const SOURCES: { readonly [kind in DomainEventKind]: EventSource } = {
  lifecycle: source(0, procedures.domainEventCallbackLifecycle, ({ msg }) => {
    const [event, details] = LIFECYCLE[msg.event] ?? ['unknown', []];
    return { kind: 'lifecycle', domain: msg.dom, event, detail: named(details, msg.detail) };
  }),
  reboot: source(1, procedures.domainEventCallbackReboot, ({ msg }) => ({ kind: 'reboot', domain: msg.dom })),
  watchdog: source(3, procedures.domainEventCallbackWatchdog, ({ msg }) => ({
    kind: 'watchdog',
    domain: msg.dom,
    action: named(WATCHDOG_ACTIONS, msg.action),
  })),
  'io-error': source(6, procedures.domainEventCallbackIoErrorReason, ({ msg }) => ({
    kind: 'io-error',
    domain: msg.dom,
    sourcePath: msg.srcPath,
    deviceAlias: msg.devAlias,
    action: named(IO_ERROR_ACTIONS, msg.action),
    reason: msg.reason,
  })),
  'control-error': source(7, procedures.domainEventCallbackControlError, ({ msg }) => ({
    kind: 'control-error',
    domain: msg.dom,
  })),
  'device-removed': source(15, procedures.domainEventCallbackDeviceRemoved, ({ msg }) => ({
    kind: 'device-removed',
    domain: msg.dom,
    deviceAlias: msg.devAlias,
  })),
  'device-removal-failed': source(22, procedures.domainEventCallbackDeviceRemovalFailed, (body) => ({
    kind: 'device-removal-failed',
    domain: body.dom,
    deviceAlias: body.devAlias,
  })),
  'block-job': source(16, procedures.domainEventBlockJob2, (body) => ({
    kind: 'block-job',
    domain: body.dom,
    disk: body.dst,
    type: named(BLOCK_JOB_TYPES, body.type),
    status: named(BLOCK_JOB_STATUSES, body.status),
  })),
  agent: source(18, procedures.domainEventCallbackAgentLifecycle, (body) => ({
    kind: 'agent',
    domain: body.dom,
    isConnected: body.state === AGENT_CONNECTED,
    reason: named(AGENT_REASONS, body.reason),
  })),
  'migration-iteration': source(20, procedures.domainEventCallbackMigrationIteration, (body) => ({
    kind: 'migration-iteration',
    domain: body.dom,
    iteration: body.iteration,
  })),
  'job-completed': source(21, procedures.domainEventCallbackJobCompleted, (body) => ({
    kind: 'job-completed',
    domain: body.dom,
    statistics: typedParameters(body.params),
  })),
  'metadata-change': source(23, procedures.domainEventCallbackMetadataChange, (body) => ({
    kind: 'metadata-change',
    domain: body.dom,
    type: named(METADATA_TYPES, body.type),
    namespace: body.nsuri,
  })),
};

/** Every kind of event, for callers that want them all. */
export const domainEventKinds = Object.keys(SOURCES) as readonly DomainEventKind[];

export interface SubscribeOptions extends CallOptions {
  /** Only events of this domain. Default: of all. */
  readonly domain?: Domain;
}

/**
 * Subscribes to events of all domains, or of one. Resolves, with the way to end it, when the daemon has registered all
 * kinds: whatever happens afterwards is heard, in libvirt's order and once. State that is read after that is
 * therefore never older than the events. The listener is called from the socket's handler and must neither throw nor take
 * long. Events end with the connection: after reconnecting, subscribe again, then read all state (`DomainFeed` does).
 */
export async function subscribeDomainEvents(
  connection: Connection,
  kinds: readonly DomainEventKind[],
  listener: (event: DomainEvent) => void,
  options: SubscribeOptions = {},
): Promise<() => Promise<void>> {
  const sources = [...new Set(kinds)].map((kind) => SOURCES[kind]);
  return subscribe(connection, sources, listener, options);
}
