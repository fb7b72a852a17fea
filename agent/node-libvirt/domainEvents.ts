import type { CallOptions } from './callTable.ts';
import type { Domain } from './codec.generated.ts';
import type { Connection } from './connection.ts';
import { ProtocolError } from './errors.ts';
import type { EventMessage } from './procedure.ts';
import * as procedures from './procedures.generated.ts';
import { type TypedParameters, typedParameters } from './typedParameters.ts';

/** What libvirt says about a domain on its own. Names are libvirt's; an unknown number becomes `unknown`. */
export type DomainEvent =
  | {
      readonly kind: 'lifecycle';
      readonly domain: Domain;
      readonly event: LifecycleEventName;
      readonly detail: string;
    }
  | { readonly kind: 'reboot'; readonly domain: Domain }
  | { readonly kind: 'watchdog'; readonly domain: Domain; readonly action: string }
  | {
      readonly kind: 'io-error';
      readonly domain: Domain;
      readonly sourcePath: string;
      readonly deviceAlias: string;
      readonly action: string;
      /** `enospc`, or empty. */
      readonly reason: string;
    }
  | { readonly kind: 'control-error'; readonly domain: Domain }
  | { readonly kind: 'device-removed'; readonly domain: Domain; readonly deviceAlias: string }
  | { readonly kind: 'device-removal-failed'; readonly domain: Domain; readonly deviceAlias: string }
  | {
      readonly kind: 'block-job';
      readonly domain: Domain;
      /** The disk's target, such as `vda`. */
      readonly disk: string;
      readonly type: string;
      readonly status: string;
    }
  | {
      readonly kind: 'agent';
      readonly domain: Domain;
      readonly isConnected: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'migration-iteration'; readonly domain: Domain; readonly iteration: number }
  | { readonly kind: 'job-completed'; readonly domain: Domain; readonly statistics: TypedParameters }
  | {
      readonly kind: 'metadata-change';
      readonly domain: Domain;
      readonly type: string;
      readonly namespace: string | null;
    };

export type DomainEventKind = DomainEvent['kind'];

const LIFECYCLE = [
  ['defined', ['added', 'updated', 'renamed', 'from-snapshot']],
  ['undefined', ['removed', 'renamed']],
  ['started', ['booted', 'migrated', 'restored', 'from-snapshot', 'wakeup', 'recreated']],
  [
    'suspended',
    [
      'paused',
      'migrated',
      'io-error',
      'watchdog',
      'restored',
      'from-snapshot',
      'api-error',
      'postcopy',
      'postcopy-failed',
    ],
  ],
  ['resumed', ['unpaused', 'migrated', 'from-snapshot', 'postcopy', 'postcopy-failed']],
  [
    'stopped',
    ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from-snapshot', 'recreated'],
  ],
  ['shutdown', ['finished', 'guest', 'host']],
  ['pm-suspended', ['memory', 'disk']],
  ['crashed', ['panicked', 'crashloaded']],
] as const;

export type LifecycleEventName = (typeof LIFECYCLE)[number][0] | 'unknown';

const WATCHDOG_ACTIONS = ['none', 'pause', 'reset', 'poweroff', 'shutdown', 'debug', 'inject-nmi'];
const IO_ERROR_ACTIONS = ['none', 'pause', 'report'];
const BLOCK_JOB_TYPES = ['unknown', 'pull', 'copy', 'commit', 'active-commit', 'backup'];
const BLOCK_JOB_STATUSES = ['completed', 'failed', 'canceled', 'ready'];
const AGENT_REASONS = ['unknown', 'domain-started', 'channel'];
const METADATA_TYPES = ['description', 'title', 'element'];

/** `VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED` */
const AGENT_CONNECTED = 1;

const named = (names: readonly string[], index: number): string => names[index] ?? 'unknown';

interface Source {
  /** `virDomainEventID`: what is registered for. */
  readonly eventId: number;
  readonly attach: (connection: Connection, hear: Hear) => () => void;
}

type Hear = (callbackId: number, event: DomainEvent) => void;

function source<Body extends { readonly callbackID: number }>(
  eventId: number,
  message: EventMessage<Body>,
  read: (body: Body) => DomainEvent,
): Source {
  return {
    eventId,
    attach: (connection, hear) => connection.listen(message, (body) => hear(body.callbackID, read(body))),
  };
}

const SOURCES: { readonly [kind in DomainEventKind]: Source } = {
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

/** Events between the daemon's registration and its reply. A daemon that sends more than these is not one. */
const MAXIMUM_EARLY_EVENTS = 4096;

/**
 * Subscribes to events of all domains, or of one. Resolves, with the way to end it, when the daemon has registered all
 * kinds: whatever happens afterwards is heard, in libvirt's order and exactly once. State that is read after
 * that is therefore never staler than the events. The listener is called from the socket's handler and must
 * neither throw nor take long. Events end with the connection: after reconnecting, subscribe again, then read all state.
 */
export async function subscribeDomainEvents(
  connection: Connection,
  kinds: readonly DomainEventKind[],
  listener: (event: DomainEvent) => void,
  options: CallOptions & { readonly domain?: Domain } = {},
): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = [];
  const endAll = async (): Promise<void> => {
    await Promise.all(ends.splice(0).map((end) => end()));
  };
  const unique = [...new Set(kinds)];
  const results = await Promise.allSettled(
    unique.map(async (kind) => {
      ends.push(await subscribeKind(connection, SOURCES[kind], listener, options));
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return endAll;
  await endAll();
  throw failed.reason;
}

async function subscribeKind(
  connection: Connection,
  from: Source,
  listener: (event: DomainEvent) => void,
  options: CallOptions & { readonly domain?: Domain },
): Promise<() => Promise<void>> {
  let ownId: number | null = null;
  const early: (readonly [number, DomainEvent])[] = [];
  const detach = from.attach(connection, (callbackId, event) => {
    if (ownId === null) {
      if (early.length >= MAXIMUM_EARLY_EVENTS)
        throw new ProtocolError('a flood of events before a subscription');
      early.push([callbackId, event]);
    } else if (callbackId === ownId) listener(event);
  });
  try {
    const args = { eventID: from.eventId, dom: options.domain ?? null };
    const register = procedures.connectDomainEventCallbackRegisterAny;
    const { callbackID } = await connection.call(register, args, options);
    ownId = callbackID;
    for (const [callbackId, event] of early) if (callbackId === callbackID) listener(event);
    return async () => {
      detach();
      if (connection.isOpen) {
        await connection.call(procedures.connectDomainEventCallbackDeregisterAny, { callbackID }, options);
      }
    };
  } catch (error) {
    detach();
    throw error;
  }
}
