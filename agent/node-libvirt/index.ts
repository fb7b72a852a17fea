export {
  type CallOptions,
  DEFAULT_DEADLINE_MS,
  DEFAULT_MAXIMUM_IN_FLIGHT,
  MAXIMUM_QUEUED_CALLS,
} from './callTable.ts';
export { CONNECT_DEADLINE_MS, connect, type ConnectOptions, SOCKET_PATHS } from './connect.ts';
export { Connection } from './connection.ts';
export * from './domainBackup.ts';
export * from './domainDevices.ts';
export { domainEventKinds, subscribeDomainEvents, type SubscribeOptions } from './domainEvents.ts';
export type { DomainEvent, DomainEventKind, LifecycleEventName } from './domainEventTypes.ts';
export * from './domainFeed.ts';
export * from './domainImages.ts';
export * from './domainInfo.ts';
export * from './domainJob.ts';
export * from './domains.ts';
export {
  type DomainState,
  type DomainStateName,
  type DomainStateReason,
  isActiveState,
} from './domainState.ts';
export * from './domainStatistics.ts';
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
export { isUnknownProcedure, knowsProcedure } from './features.ts';
export * from './guest.ts';
export * from './host.ts';
export { DEFAULT_KEEPALIVE, type KeepaliveTiming } from './keepalive.ts';
export { connectionTarget, migrateDomain } from './migration.ts';
export {
  MIGRATION_DEADLINE_MS,
  MigrationFailedError,
  type MigrationResult,
  MigrationUndecidedError,
  type MigrateOptions,
  type MigrationTarget,
} from './migrationTypes.ts';
export * from './networks.ts';
export type { EventMessage, Procedure } from './procedure.ts';
export * as procedures from './procedures.generated.ts';
export * from './secrets.ts';
export { STORAGE_DEADLINE_MS } from './storageDeadline.ts';
export * from './storagePools.ts';
export * from './storageVolumes.ts';
export { type Stream, STREAM_IDLE_DEADLINE_MS, type StreamOptions } from './stream.ts';
export { numberParameter, type TypedParameters, type TypedValue } from './typedParameters.ts';
