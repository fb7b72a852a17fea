export { type CallOptions, DEFAULT_DEADLINE_MS, DEFAULT_MAXIMUM_IN_FLIGHT } from './callTable.ts';
export { CONNECT_DEADLINE_MS, connect, type ConnectOptions, SOCKET_PATHS } from './connect.ts';
export { Connection } from './connection.ts';
export {
  type DomainEvent,
  type DomainEventKind,
  domainEventKinds,
  type LifecycleEventName,
  subscribeDomainEvents,
} from './domainEvents.ts';
export * from './domains.ts';
export {
  type DomainState,
  type DomainStateName,
  type DomainStateReason,
  isActiveState,
} from './domainState.ts';
export {
  BusyError,
  type CallOutcome,
  ClosedError,
  DeadlineError,
  errorCode,
  isLibvirtError,
  LibvirtError,
  ProtocolError,
} from './errors.ts';
export { DEFAULT_KEEPALIVE, type KeepaliveTiming } from './keepalive.ts';
export { numberParameter, type TypedParameters, type TypedValue } from './typedParameters.ts';
