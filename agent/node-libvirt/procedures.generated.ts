// Written by generate.ts from protocol.json. Change those, and run: node agent/node-libvirt/generate.ts
import * as types from './codec.generated.ts';
import { type EventMessage, nothing, type Procedure } from './procedure.ts';

export const authList: Procedure<void, types.AuthListRet> = {
  name: 'AUTH_LIST',
  program: 536903814,
  number: 66,
  encode: nothing,
  decode: types.readAuthListRet,
};

export const authPolkit: Procedure<void, types.AuthPolkitRet> = {
  name: 'AUTH_POLKIT',
  program: 536903814,
  number: 70,
  encode: nothing,
  decode: types.readAuthPolkitRet,
};

export const connectOpen: Procedure<types.ConnectOpenArgs, void> = {
  name: 'CONNECT_OPEN',
  program: 536903814,
  number: 1,
  encode: types.writeConnectOpenArgs,
  decode: nothing,
};

export const connectClose: Procedure<void, void> = {
  name: 'CONNECT_CLOSE',
  program: 536903814,
  number: 2,
  encode: nothing,
  decode: nothing,
};

export const connectSupportsFeature: Procedure<types.ConnectSupportsFeatureArgs, types.ConnectSupportsFeatureRet> = {
  name: 'CONNECT_SUPPORTS_FEATURE',
  program: 536903814,
  number: 60,
  encode: types.writeConnectSupportsFeatureArgs,
  decode: types.readConnectSupportsFeatureRet,
};

export const connectGetType: Procedure<void, types.ConnectGetTypeRet> = {
  name: 'CONNECT_GET_TYPE',
  program: 536903814,
  number: 3,
  encode: nothing,
  decode: types.readConnectGetTypeRet,
};

export const connectGetVersion: Procedure<void, types.ConnectGetVersionRet> = {
  name: 'CONNECT_GET_VERSION',
  program: 536903814,
  number: 4,
  encode: nothing,
  decode: types.readConnectGetVersionRet,
};

export const connectGetLibVersion: Procedure<void, types.ConnectGetLibVersionRet> = {
  name: 'CONNECT_GET_LIB_VERSION',
  program: 536903814,
  number: 157,
  encode: nothing,
  decode: types.readConnectGetLibVersionRet,
};

export const connectGetHostname: Procedure<void, types.ConnectGetHostnameRet> = {
  name: 'CONNECT_GET_HOSTNAME',
  program: 536903814,
  number: 59,
  encode: nothing,
  decode: types.readConnectGetHostnameRet,
};

export const connectGetUri: Procedure<void, types.ConnectGetUriRet> = {
  name: 'CONNECT_GET_URI',
  program: 536903814,
  number: 110,
  encode: nothing,
  decode: types.readConnectGetUriRet,
};

export const connectGetCapabilities: Procedure<void, types.ConnectGetCapabilitiesRet> = {
  name: 'CONNECT_GET_CAPABILITIES',
  program: 536903814,
  number: 7,
  encode: nothing,
  decode: types.readConnectGetCapabilitiesRet,
};

export const connectGetDomainCapabilities: Procedure<types.ConnectGetDomainCapabilitiesArgs, types.ConnectGetDomainCapabilitiesRet> = {
  name: 'CONNECT_GET_DOMAIN_CAPABILITIES',
  program: 536903814,
  number: 342,
  encode: types.writeConnectGetDomainCapabilitiesArgs,
  decode: types.readConnectGetDomainCapabilitiesRet,
};

export const connectCompareCpu: Procedure<types.ConnectCompareCpuArgs, types.ConnectCompareCpuRet> = {
  name: 'CONNECT_COMPARE_CPU',
  program: 536903814,
  number: 158,
  encode: types.writeConnectCompareCpuArgs,
  decode: types.readConnectCompareCpuRet,
};

export const connectBaselineCpu: Procedure<types.ConnectBaselineCpuArgs, types.ConnectBaselineCpuRet> = {
  name: 'CONNECT_BASELINE_CPU',
  program: 536903814,
  number: 162,
  encode: types.writeConnectBaselineCpuArgs,
  decode: types.readConnectBaselineCpuRet,
};

export const connectCompareHypervisorCpu: Procedure<types.ConnectCompareHypervisorCpuArgs, types.ConnectCompareHypervisorCpuRet> = {
  name: 'CONNECT_COMPARE_HYPERVISOR_CPU',
  program: 536903814,
  number: 393,
  encode: types.writeConnectCompareHypervisorCpuArgs,
  decode: types.readConnectCompareHypervisorCpuRet,
};

export const connectBaselineHypervisorCpu: Procedure<types.ConnectBaselineHypervisorCpuArgs, types.ConnectBaselineHypervisorCpuRet> = {
  name: 'CONNECT_BASELINE_HYPERVISOR_CPU',
  program: 536903814,
  number: 394,
  encode: types.writeConnectBaselineHypervisorCpuArgs,
  decode: types.readConnectBaselineHypervisorCpuRet,
};

export const connectListAllDomains: Procedure<types.ConnectListAllDomainsArgs, types.ConnectListAllDomainsRet> = {
  name: 'CONNECT_LIST_ALL_DOMAINS',
  program: 536903814,
  number: 273,
  encode: types.writeConnectListAllDomainsArgs,
  decode: types.readConnectListAllDomainsRet,
};

export const connectGetAllDomainStats: Procedure<types.ConnectGetAllDomainStatsArgs, types.ConnectGetAllDomainStatsRet> = {
  name: 'CONNECT_GET_ALL_DOMAIN_STATS',
  program: 536903814,
  number: 344,
  encode: types.writeConnectGetAllDomainStatsArgs,
  decode: types.readConnectGetAllDomainStatsRet,
};

export const connectDomainEventCallbackRegisterAny: Procedure<types.ConnectDomainEventCallbackRegisterAnyArgs, types.ConnectDomainEventCallbackRegisterAnyRet> = {
  name: 'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY',
  program: 536903814,
  number: 316,
  encode: types.writeConnectDomainEventCallbackRegisterAnyArgs,
  decode: types.readConnectDomainEventCallbackRegisterAnyRet,
};

export const connectDomainEventCallbackDeregisterAny: Procedure<types.ConnectDomainEventCallbackDeregisterAnyArgs, void> = {
  name: 'CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY',
  program: 536903814,
  number: 317,
  encode: types.writeConnectDomainEventCallbackDeregisterAnyArgs,
  decode: nothing,
};

export const nodeGetInfo: Procedure<void, types.NodeGetInfoRet> = {
  name: 'NODE_GET_INFO',
  program: 536903814,
  number: 6,
  encode: nothing,
  decode: types.readNodeGetInfoRet,
};

export const nodeGetFreeMemory: Procedure<void, types.NodeGetFreeMemoryRet> = {
  name: 'NODE_GET_FREE_MEMORY',
  program: 536903814,
  number: 102,
  encode: nothing,
  decode: types.readNodeGetFreeMemoryRet,
};

export const nodeGetMemoryStats: Procedure<types.NodeGetMemoryStatsArgs, types.NodeGetMemoryStatsRet> = {
  name: 'NODE_GET_MEMORY_STATS',
  program: 536903814,
  number: 228,
  encode: types.writeNodeGetMemoryStatsArgs,
  decode: types.readNodeGetMemoryStatsRet,
};

export const domainLookupByName: Procedure<types.DomainLookupByNameArgs, types.DomainLookupByNameRet> = {
  name: 'DOMAIN_LOOKUP_BY_NAME',
  program: 536903814,
  number: 23,
  encode: types.writeDomainLookupByNameArgs,
  decode: types.readDomainLookupByNameRet,
};

export const domainLookupByUuid: Procedure<types.DomainLookupByUuidArgs, types.DomainLookupByUuidRet> = {
  name: 'DOMAIN_LOOKUP_BY_UUID',
  program: 536903814,
  number: 24,
  encode: types.writeDomainLookupByUuidArgs,
  decode: types.readDomainLookupByUuidRet,
};

export const domainDefineXmlFlags: Procedure<types.DomainDefineXmlFlagsArgs, types.DomainDefineXmlFlagsRet> = {
  name: 'DOMAIN_DEFINE_XML_FLAGS',
  program: 536903814,
  number: 350,
  encode: types.writeDomainDefineXmlFlagsArgs,
  decode: types.readDomainDefineXmlFlagsRet,
};

export const domainUndefineFlags: Procedure<types.DomainUndefineFlagsArgs, void> = {
  name: 'DOMAIN_UNDEFINE_FLAGS',
  program: 536903814,
  number: 231,
  encode: types.writeDomainUndefineFlagsArgs,
  decode: nothing,
};

export const domainCreateWithFlags: Procedure<types.DomainCreateWithFlagsArgs, types.DomainCreateWithFlagsRet> = {
  name: 'DOMAIN_CREATE_WITH_FLAGS',
  program: 536903814,
  number: 196,
  encode: types.writeDomainCreateWithFlagsArgs,
  decode: types.readDomainCreateWithFlagsRet,
};

export const domainCreateXml: Procedure<types.DomainCreateXmlArgs, types.DomainCreateXmlRet> = {
  name: 'DOMAIN_CREATE_XML',
  program: 536903814,
  number: 10,
  encode: types.writeDomainCreateXmlArgs,
  decode: types.readDomainCreateXmlRet,
};

export const domainDestroyFlags: Procedure<types.DomainDestroyFlagsArgs, void> = {
  name: 'DOMAIN_DESTROY_FLAGS',
  program: 536903814,
  number: 234,
  encode: types.writeDomainDestroyFlagsArgs,
  decode: nothing,
};

export const domainShutdownFlags: Procedure<types.DomainShutdownFlagsArgs, void> = {
  name: 'DOMAIN_SHUTDOWN_FLAGS',
  program: 536903814,
  number: 258,
  encode: types.writeDomainShutdownFlagsArgs,
  decode: nothing,
};

export const domainReboot: Procedure<types.DomainRebootArgs, void> = {
  name: 'DOMAIN_REBOOT',
  program: 536903814,
  number: 27,
  encode: types.writeDomainRebootArgs,
  decode: nothing,
};

export const domainReset: Procedure<types.DomainResetArgs, void> = {
  name: 'DOMAIN_RESET',
  program: 536903814,
  number: 245,
  encode: types.writeDomainResetArgs,
  decode: nothing,
};

export const domainSuspend: Procedure<types.DomainSuspendArgs, void> = {
  name: 'DOMAIN_SUSPEND',
  program: 536903814,
  number: 34,
  encode: types.writeDomainSuspendArgs,
  decode: nothing,
};

export const domainResume: Procedure<types.DomainResumeArgs, void> = {
  name: 'DOMAIN_RESUME',
  program: 536903814,
  number: 28,
  encode: types.writeDomainResumeArgs,
  decode: nothing,
};

export const domainGetState: Procedure<types.DomainGetStateArgs, types.DomainGetStateRet> = {
  name: 'DOMAIN_GET_STATE',
  program: 536903814,
  number: 212,
  encode: types.writeDomainGetStateArgs,
  decode: types.readDomainGetStateRet,
};

export const domainGetInfo: Procedure<types.DomainGetInfoArgs, types.DomainGetInfoRet> = {
  name: 'DOMAIN_GET_INFO',
  program: 536903814,
  number: 16,
  encode: types.writeDomainGetInfoArgs,
  decode: types.readDomainGetInfoRet,
};

export const domainGetXmlDesc: Procedure<types.DomainGetXmlDescArgs, types.DomainGetXmlDescRet> = {
  name: 'DOMAIN_GET_XML_DESC',
  program: 536903814,
  number: 14,
  encode: types.writeDomainGetXmlDescArgs,
  decode: types.readDomainGetXmlDescRet,
};

export const domainGetControlInfo: Procedure<types.DomainGetControlInfoArgs, types.DomainGetControlInfoRet> = {
  name: 'DOMAIN_GET_CONTROL_INFO',
  program: 536903814,
  number: 229,
  encode: types.writeDomainGetControlInfoArgs,
  decode: types.readDomainGetControlInfoRet,
};

export const domainBlockStatsFlags: Procedure<types.DomainBlockStatsFlagsArgs, types.DomainBlockStatsFlagsRet> = {
  name: 'DOMAIN_BLOCK_STATS_FLAGS',
  program: 536903814,
  number: 243,
  encode: types.writeDomainBlockStatsFlagsArgs,
  decode: types.readDomainBlockStatsFlagsRet,
};

export const domainGetBlockInfo: Procedure<types.DomainGetBlockInfoArgs, types.DomainGetBlockInfoRet> = {
  name: 'DOMAIN_GET_BLOCK_INFO',
  program: 536903814,
  number: 194,
  encode: types.writeDomainGetBlockInfoArgs,
  decode: types.readDomainGetBlockInfoRet,
};

export const domainInterfaceStats: Procedure<types.DomainInterfaceStatsArgs, types.DomainInterfaceStatsRet> = {
  name: 'DOMAIN_INTERFACE_STATS',
  program: 536903814,
  number: 65,
  encode: types.writeDomainInterfaceStatsArgs,
  decode: types.readDomainInterfaceStatsRet,
};

export const domainInterfaceAddresses: Procedure<types.DomainInterfaceAddressesArgs, types.DomainInterfaceAddressesRet> = {
  name: 'DOMAIN_INTERFACE_ADDRESSES',
  program: 536903814,
  number: 353,
  encode: types.writeDomainInterfaceAddressesArgs,
  decode: types.readDomainInterfaceAddressesRet,
};

export const domainMemoryStats: Procedure<types.DomainMemoryStatsArgs, types.DomainMemoryStatsRet> = {
  name: 'DOMAIN_MEMORY_STATS',
  program: 536903814,
  number: 159,
  encode: types.writeDomainMemoryStatsArgs,
  decode: types.readDomainMemoryStatsRet,
};

export const domainGetAutostart: Procedure<types.DomainGetAutostartArgs, types.DomainGetAutostartRet> = {
  name: 'DOMAIN_GET_AUTOSTART',
  program: 536903814,
  number: 15,
  encode: types.writeDomainGetAutostartArgs,
  decode: types.readDomainGetAutostartRet,
};

export const domainSetAutostart: Procedure<types.DomainSetAutostartArgs, void> = {
  name: 'DOMAIN_SET_AUTOSTART',
  program: 536903814,
  number: 29,
  encode: types.writeDomainSetAutostartArgs,
  decode: nothing,
};

export const domainSetMetadata: Procedure<types.DomainSetMetadataArgs, void> = {
  name: 'DOMAIN_SET_METADATA',
  program: 536903814,
  number: 264,
  encode: types.writeDomainSetMetadataArgs,
  decode: nothing,
};

export const domainGetMetadata: Procedure<types.DomainGetMetadataArgs, types.DomainGetMetadataRet> = {
  name: 'DOMAIN_GET_METADATA',
  program: 536903814,
  number: 265,
  encode: types.writeDomainGetMetadataArgs,
  decode: types.readDomainGetMetadataRet,
};

export const domainSaveFlags: Procedure<types.DomainSaveFlagsArgs, void> = {
  name: 'DOMAIN_SAVE_FLAGS',
  program: 536903814,
  number: 232,
  encode: types.writeDomainSaveFlagsArgs,
  decode: nothing,
};

export const domainRestoreFlags: Procedure<types.DomainRestoreFlagsArgs, void> = {
  name: 'DOMAIN_RESTORE_FLAGS',
  program: 536903814,
  number: 233,
  encode: types.writeDomainRestoreFlagsArgs,
  decode: nothing,
};

export const domainSaveImageGetXmlDesc: Procedure<types.DomainSaveImageGetXmlDescArgs, types.DomainSaveImageGetXmlDescRet> = {
  name: 'DOMAIN_SAVE_IMAGE_GET_XML_DESC',
  program: 536903814,
  number: 235,
  encode: types.writeDomainSaveImageGetXmlDescArgs,
  decode: types.readDomainSaveImageGetXmlDescRet,
};

export const domainManagedSave: Procedure<types.DomainManagedSaveArgs, void> = {
  name: 'DOMAIN_MANAGED_SAVE',
  program: 536903814,
  number: 182,
  encode: types.writeDomainManagedSaveArgs,
  decode: nothing,
};

export const domainManagedSaveRemove: Procedure<types.DomainManagedSaveRemoveArgs, void> = {
  name: 'DOMAIN_MANAGED_SAVE_REMOVE',
  program: 536903814,
  number: 184,
  encode: types.writeDomainManagedSaveRemoveArgs,
  decode: nothing,
};

export const domainHasManagedSaveImage: Procedure<types.DomainHasManagedSaveImageArgs, types.DomainHasManagedSaveImageRet> = {
  name: 'DOMAIN_HAS_MANAGED_SAVE_IMAGE',
  program: 536903814,
  number: 183,
  encode: types.writeDomainHasManagedSaveImageArgs,
  decode: types.readDomainHasManagedSaveImageRet,
};

export const domainScreenshot: Procedure<types.DomainScreenshotArgs, types.DomainScreenshotRet> = {
  name: 'DOMAIN_SCREENSHOT',
  program: 536903814,
  number: 211,
  encode: types.writeDomainScreenshotArgs,
  decode: types.readDomainScreenshotRet,
};

export const domainAttachDeviceFlags: Procedure<types.DomainAttachDeviceFlagsArgs, void> = {
  name: 'DOMAIN_ATTACH_DEVICE_FLAGS',
  program: 536903814,
  number: 160,
  encode: types.writeDomainAttachDeviceFlagsArgs,
  decode: nothing,
};

export const domainDetachDeviceFlags: Procedure<types.DomainDetachDeviceFlagsArgs, void> = {
  name: 'DOMAIN_DETACH_DEVICE_FLAGS',
  program: 536903814,
  number: 161,
  encode: types.writeDomainDetachDeviceFlagsArgs,
  decode: nothing,
};

export const domainBlockPull: Procedure<types.DomainBlockPullArgs, void> = {
  name: 'DOMAIN_BLOCK_PULL',
  program: 536903814,
  number: 240,
  encode: types.writeDomainBlockPullArgs,
  decode: nothing,
};

export const domainAgentSetResponseTimeout: Procedure<types.DomainAgentSetResponseTimeoutArgs, types.DomainAgentSetResponseTimeoutRet> = {
  name: 'DOMAIN_AGENT_SET_RESPONSE_TIMEOUT',
  program: 536903814,
  number: 420,
  encode: types.writeDomainAgentSetResponseTimeoutArgs,
  decode: types.readDomainAgentSetResponseTimeoutRet,
};

export const domainFsfreeze: Procedure<types.DomainFsfreezeArgs, types.DomainFsfreezeRet> = {
  name: 'DOMAIN_FSFREEZE',
  program: 536903814,
  number: 335,
  encode: types.writeDomainFsfreezeArgs,
  decode: types.readDomainFsfreezeRet,
};

export const domainFsthaw: Procedure<types.DomainFsthawArgs, types.DomainFsthawRet> = {
  name: 'DOMAIN_FSTHAW',
  program: 536903814,
  number: 336,
  encode: types.writeDomainFsthawArgs,
  decode: types.readDomainFsthawRet,
};

export const domainAbortJob: Procedure<types.DomainAbortJobArgs, void> = {
  name: 'DOMAIN_ABORT_JOB',
  program: 536903814,
  number: 164,
  encode: types.writeDomainAbortJobArgs,
  decode: nothing,
};

export const domainBackupBegin: Procedure<types.DomainBackupBeginArgs, void> = {
  name: 'DOMAIN_BACKUP_BEGIN',
  program: 536903814,
  number: 421,
  encode: types.writeDomainBackupBeginArgs,
  decode: nothing,
};

export const domainBackupGetXmlDesc: Procedure<types.DomainBackupGetXmlDescArgs, types.DomainBackupGetXmlDescRet> = {
  name: 'DOMAIN_BACKUP_GET_XML_DESC',
  program: 536903814,
  number: 422,
  encode: types.writeDomainBackupGetXmlDescArgs,
  decode: types.readDomainBackupGetXmlDescRet,
};

export const domainBlockJobSetSpeed: Procedure<types.DomainBlockJobSetSpeedArgs, void> = {
  name: 'DOMAIN_BLOCK_JOB_SET_SPEED',
  program: 536903814,
  number: 239,
  encode: types.writeDomainBlockJobSetSpeedArgs,
  decode: nothing,
};

export const domainGetJobStats: Procedure<types.DomainGetJobStatsArgs, types.DomainGetJobStatsRet> = {
  name: 'DOMAIN_GET_JOB_STATS',
  program: 536903814,
  number: 298,
  encode: types.writeDomainGetJobStatsArgs,
  decode: types.readDomainGetJobStatsRet,
};

export const domainMigrateSetMaxDowntime: Procedure<types.DomainMigrateSetMaxDowntimeArgs, void> = {
  name: 'DOMAIN_MIGRATE_SET_MAX_DOWNTIME',
  program: 536903814,
  number: 166,
  encode: types.writeDomainMigrateSetMaxDowntimeArgs,
  decode: nothing,
};

export const domainMigrateSetMaxSpeed: Procedure<types.DomainMigrateSetMaxSpeedArgs, void> = {
  name: 'DOMAIN_MIGRATE_SET_MAX_SPEED',
  program: 536903814,
  number: 207,
  encode: types.writeDomainMigrateSetMaxSpeedArgs,
  decode: nothing,
};

export const domainMigrateBegin3Params: Procedure<types.DomainMigrateBegin3ParamsArgs, types.DomainMigrateBegin3ParamsRet> = {
  name: 'DOMAIN_MIGRATE_BEGIN3_PARAMS',
  program: 536903814,
  number: 302,
  encode: types.writeDomainMigrateBegin3ParamsArgs,
  decode: types.readDomainMigrateBegin3ParamsRet,
};

export const domainMigratePrepare3Params: Procedure<types.DomainMigratePrepare3ParamsArgs, types.DomainMigratePrepare3ParamsRet> = {
  name: 'DOMAIN_MIGRATE_PREPARE3_PARAMS',
  program: 536903814,
  number: 303,
  encode: types.writeDomainMigratePrepare3ParamsArgs,
  decode: types.readDomainMigratePrepare3ParamsRet,
};

export const domainMigratePerform3Params: Procedure<types.DomainMigratePerform3ParamsArgs, types.DomainMigratePerform3ParamsRet> = {
  name: 'DOMAIN_MIGRATE_PERFORM3_PARAMS',
  program: 536903814,
  number: 305,
  encode: types.writeDomainMigratePerform3ParamsArgs,
  decode: types.readDomainMigratePerform3ParamsRet,
};

export const domainMigrateFinish3Params: Procedure<types.DomainMigrateFinish3ParamsArgs, types.DomainMigrateFinish3ParamsRet> = {
  name: 'DOMAIN_MIGRATE_FINISH3_PARAMS',
  program: 536903814,
  number: 306,
  encode: types.writeDomainMigrateFinish3ParamsArgs,
  decode: types.readDomainMigrateFinish3ParamsRet,
};

export const domainMigrateConfirm3Params: Procedure<types.DomainMigrateConfirm3ParamsArgs, void> = {
  name: 'DOMAIN_MIGRATE_CONFIRM3_PARAMS',
  program: 536903814,
  number: 307,
  encode: types.writeDomainMigrateConfirm3ParamsArgs,
  decode: nothing,
};

export const domainEventCallbackLifecycle: EventMessage<types.DomainEventCallbackLifecycleMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_LIFECYCLE',
  program: 536903814,
  number: 318,
  decode: types.readDomainEventCallbackLifecycleMsg,
};

export const domainEventCallbackReboot: EventMessage<types.DomainEventCallbackRebootMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_REBOOT',
  program: 536903814,
  number: 319,
  decode: types.readDomainEventCallbackRebootMsg,
};

export const domainEventCallbackWatchdog: EventMessage<types.DomainEventCallbackWatchdogMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_WATCHDOG',
  program: 536903814,
  number: 321,
  decode: types.readDomainEventCallbackWatchdogMsg,
};

export const domainEventCallbackIoErrorReason: EventMessage<types.DomainEventCallbackIoErrorReasonMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON',
  program: 536903814,
  number: 324,
  decode: types.readDomainEventCallbackIoErrorReasonMsg,
};

export const domainEventCallbackAgentLifecycle: EventMessage<types.DomainEventCallbackAgentLifecycleMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE',
  program: 536903814,
  number: 348,
  decode: types.readDomainEventCallbackAgentLifecycleMsg,
};

export const domainEventBlockJob2: EventMessage<types.DomainEventBlockJob2Msg> = {
  name: 'DOMAIN_EVENT_BLOCK_JOB_2',
  program: 536903814,
  number: 339,
  decode: types.readDomainEventBlockJob2Msg,
};

export const domainEventCallbackMigrationIteration: EventMessage<types.DomainEventCallbackMigrationIterationMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION',
  program: 536903814,
  number: 359,
  decode: types.readDomainEventCallbackMigrationIterationMsg,
};

export const domainEventCallbackJobCompleted: EventMessage<types.DomainEventCallbackJobCompletedMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_JOB_COMPLETED',
  program: 536903814,
  number: 363,
  decode: types.readDomainEventCallbackJobCompletedMsg,
};

export const domainEventCallbackDeviceRemoved: EventMessage<types.DomainEventCallbackDeviceRemovedMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED',
  program: 536903814,
  number: 333,
  decode: types.readDomainEventCallbackDeviceRemovedMsg,
};

export const domainEventCallbackDeviceRemovalFailed: EventMessage<types.DomainEventCallbackDeviceRemovalFailedMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_DEVICE_REMOVAL_FAILED',
  program: 536903814,
  number: 367,
  decode: types.readDomainEventCallbackDeviceRemovalFailedMsg,
};

export const domainEventCallbackMetadataChange: EventMessage<types.DomainEventCallbackMetadataChangeMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_METADATA_CHANGE',
  program: 536903814,
  number: 379,
  decode: types.readDomainEventCallbackMetadataChangeMsg,
};

export const domainEventCallbackControlError: EventMessage<types.DomainEventCallbackControlErrorMsg> = {
  name: 'DOMAIN_EVENT_CALLBACK_CONTROL_ERROR',
  program: 536903814,
  number: 325,
  decode: types.readDomainEventCallbackControlErrorMsg,
};

export const connectListAllNetworks: Procedure<types.ConnectListAllNetworksArgs, types.ConnectListAllNetworksRet> = {
  name: 'CONNECT_LIST_ALL_NETWORKS',
  program: 536903814,
  number: 283,
  encode: types.writeConnectListAllNetworksArgs,
  decode: types.readConnectListAllNetworksRet,
};

export const networkLookupByName: Procedure<types.NetworkLookupByNameArgs, types.NetworkLookupByNameRet> = {
  name: 'NETWORK_LOOKUP_BY_NAME',
  program: 536903814,
  number: 46,
  encode: types.writeNetworkLookupByNameArgs,
  decode: types.readNetworkLookupByNameRet,
};

export const networkLookupByUuid: Procedure<types.NetworkLookupByUuidArgs, types.NetworkLookupByUuidRet> = {
  name: 'NETWORK_LOOKUP_BY_UUID',
  program: 536903814,
  number: 47,
  encode: types.writeNetworkLookupByUuidArgs,
  decode: types.readNetworkLookupByUuidRet,
};

export const networkDefineXml: Procedure<types.NetworkDefineXmlArgs, types.NetworkDefineXmlRet> = {
  name: 'NETWORK_DEFINE_XML',
  program: 536903814,
  number: 41,
  encode: types.writeNetworkDefineXmlArgs,
  decode: types.readNetworkDefineXmlRet,
};

export const networkCreate: Procedure<types.NetworkCreateArgs, void> = {
  name: 'NETWORK_CREATE',
  program: 536903814,
  number: 39,
  encode: types.writeNetworkCreateArgs,
  decode: nothing,
};

export const networkDestroy: Procedure<types.NetworkDestroyArgs, void> = {
  name: 'NETWORK_DESTROY',
  program: 536903814,
  number: 42,
  encode: types.writeNetworkDestroyArgs,
  decode: nothing,
};

export const networkUndefine: Procedure<types.NetworkUndefineArgs, void> = {
  name: 'NETWORK_UNDEFINE',
  program: 536903814,
  number: 49,
  encode: types.writeNetworkUndefineArgs,
  decode: nothing,
};

export const networkGetXmlDesc: Procedure<types.NetworkGetXmlDescArgs, types.NetworkGetXmlDescRet> = {
  name: 'NETWORK_GET_XML_DESC',
  program: 536903814,
  number: 43,
  encode: types.writeNetworkGetXmlDescArgs,
  decode: types.readNetworkGetXmlDescRet,
};

export const networkGetAutostart: Procedure<types.NetworkGetAutostartArgs, types.NetworkGetAutostartRet> = {
  name: 'NETWORK_GET_AUTOSTART',
  program: 536903814,
  number: 44,
  encode: types.writeNetworkGetAutostartArgs,
  decode: types.readNetworkGetAutostartRet,
};

export const networkSetAutostart: Procedure<types.NetworkSetAutostartArgs, void> = {
  name: 'NETWORK_SET_AUTOSTART',
  program: 536903814,
  number: 48,
  encode: types.writeNetworkSetAutostartArgs,
  decode: nothing,
};

export const networkGetBridgeName: Procedure<types.NetworkGetBridgeNameArgs, types.NetworkGetBridgeNameRet> = {
  name: 'NETWORK_GET_BRIDGE_NAME',
  program: 536903814,
  number: 45,
  encode: types.writeNetworkGetBridgeNameArgs,
  decode: types.readNetworkGetBridgeNameRet,
};

export const networkIsActive: Procedure<types.NetworkIsActiveArgs, types.NetworkIsActiveRet> = {
  name: 'NETWORK_IS_ACTIVE',
  program: 536903814,
  number: 152,
  encode: types.writeNetworkIsActiveArgs,
  decode: types.readNetworkIsActiveRet,
};

export const networkIsPersistent: Procedure<types.NetworkIsPersistentArgs, types.NetworkIsPersistentRet> = {
  name: 'NETWORK_IS_PERSISTENT',
  program: 536903814,
  number: 153,
  encode: types.writeNetworkIsPersistentArgs,
  decode: types.readNetworkIsPersistentRet,
};

export const connectListAllStoragePools: Procedure<types.ConnectListAllStoragePoolsArgs, types.ConnectListAllStoragePoolsRet> = {
  name: 'CONNECT_LIST_ALL_STORAGE_POOLS',
  program: 536903814,
  number: 281,
  encode: types.writeConnectListAllStoragePoolsArgs,
  decode: types.readConnectListAllStoragePoolsRet,
};

export const storagePoolLookupByName: Procedure<types.StoragePoolLookupByNameArgs, types.StoragePoolLookupByNameRet> = {
  name: 'STORAGE_POOL_LOOKUP_BY_NAME',
  program: 536903814,
  number: 84,
  encode: types.writeStoragePoolLookupByNameArgs,
  decode: types.readStoragePoolLookupByNameRet,
};

export const storagePoolLookupByUuid: Procedure<types.StoragePoolLookupByUuidArgs, types.StoragePoolLookupByUuidRet> = {
  name: 'STORAGE_POOL_LOOKUP_BY_UUID',
  program: 536903814,
  number: 85,
  encode: types.writeStoragePoolLookupByUuidArgs,
  decode: types.readStoragePoolLookupByUuidRet,
};

export const storagePoolLookupByTargetPath: Procedure<types.StoragePoolLookupByTargetPathArgs, types.StoragePoolLookupByTargetPathRet> = {
  name: 'STORAGE_POOL_LOOKUP_BY_TARGET_PATH',
  program: 536903814,
  number: 391,
  encode: types.writeStoragePoolLookupByTargetPathArgs,
  decode: types.readStoragePoolLookupByTargetPathRet,
};

export const storagePoolDefineXml: Procedure<types.StoragePoolDefineXmlArgs, types.StoragePoolDefineXmlRet> = {
  name: 'STORAGE_POOL_DEFINE_XML',
  program: 536903814,
  number: 77,
  encode: types.writeStoragePoolDefineXmlArgs,
  decode: types.readStoragePoolDefineXmlRet,
};

export const storagePoolCreate: Procedure<types.StoragePoolCreateArgs, void> = {
  name: 'STORAGE_POOL_CREATE',
  program: 536903814,
  number: 78,
  encode: types.writeStoragePoolCreateArgs,
  decode: nothing,
};

export const storagePoolBuild: Procedure<types.StoragePoolBuildArgs, void> = {
  name: 'STORAGE_POOL_BUILD',
  program: 536903814,
  number: 79,
  encode: types.writeStoragePoolBuildArgs,
  decode: nothing,
};

export const storagePoolDestroy: Procedure<types.StoragePoolDestroyArgs, void> = {
  name: 'STORAGE_POOL_DESTROY',
  program: 536903814,
  number: 80,
  encode: types.writeStoragePoolDestroyArgs,
  decode: nothing,
};

export const storagePoolDelete: Procedure<types.StoragePoolDeleteArgs, void> = {
  name: 'STORAGE_POOL_DELETE',
  program: 536903814,
  number: 81,
  encode: types.writeStoragePoolDeleteArgs,
  decode: nothing,
};

export const storagePoolUndefine: Procedure<types.StoragePoolUndefineArgs, void> = {
  name: 'STORAGE_POOL_UNDEFINE',
  program: 536903814,
  number: 82,
  encode: types.writeStoragePoolUndefineArgs,
  decode: nothing,
};

export const storagePoolRefresh: Procedure<types.StoragePoolRefreshArgs, void> = {
  name: 'STORAGE_POOL_REFRESH',
  program: 536903814,
  number: 83,
  encode: types.writeStoragePoolRefreshArgs,
  decode: nothing,
};

export const storagePoolGetInfo: Procedure<types.StoragePoolGetInfoArgs, types.StoragePoolGetInfoRet> = {
  name: 'STORAGE_POOL_GET_INFO',
  program: 536903814,
  number: 87,
  encode: types.writeStoragePoolGetInfoArgs,
  decode: types.readStoragePoolGetInfoRet,
};

export const storagePoolGetXmlDesc: Procedure<types.StoragePoolGetXmlDescArgs, types.StoragePoolGetXmlDescRet> = {
  name: 'STORAGE_POOL_GET_XML_DESC',
  program: 536903814,
  number: 88,
  encode: types.writeStoragePoolGetXmlDescArgs,
  decode: types.readStoragePoolGetXmlDescRet,
};

export const storagePoolGetAutostart: Procedure<types.StoragePoolGetAutostartArgs, types.StoragePoolGetAutostartRet> = {
  name: 'STORAGE_POOL_GET_AUTOSTART',
  program: 536903814,
  number: 89,
  encode: types.writeStoragePoolGetAutostartArgs,
  decode: types.readStoragePoolGetAutostartRet,
};

export const storagePoolSetAutostart: Procedure<types.StoragePoolSetAutostartArgs, void> = {
  name: 'STORAGE_POOL_SET_AUTOSTART',
  program: 536903814,
  number: 90,
  encode: types.writeStoragePoolSetAutostartArgs,
  decode: nothing,
};

export const storagePoolListAllVolumes: Procedure<types.StoragePoolListAllVolumesArgs, types.StoragePoolListAllVolumesRet> = {
  name: 'STORAGE_POOL_LIST_ALL_VOLUMES',
  program: 536903814,
  number: 282,
  encode: types.writeStoragePoolListAllVolumesArgs,
  decode: types.readStoragePoolListAllVolumesRet,
};

export const storageVolLookupByName: Procedure<types.StorageVolLookupByNameArgs, types.StorageVolLookupByNameRet> = {
  name: 'STORAGE_VOL_LOOKUP_BY_NAME',
  program: 536903814,
  number: 95,
  encode: types.writeStorageVolLookupByNameArgs,
  decode: types.readStorageVolLookupByNameRet,
};

export const storageVolLookupByPath: Procedure<types.StorageVolLookupByPathArgs, types.StorageVolLookupByPathRet> = {
  name: 'STORAGE_VOL_LOOKUP_BY_PATH',
  program: 536903814,
  number: 97,
  encode: types.writeStorageVolLookupByPathArgs,
  decode: types.readStorageVolLookupByPathRet,
};

export const storageVolCreateXml: Procedure<types.StorageVolCreateXmlArgs, types.StorageVolCreateXmlRet> = {
  name: 'STORAGE_VOL_CREATE_XML',
  program: 536903814,
  number: 93,
  encode: types.writeStorageVolCreateXmlArgs,
  decode: types.readStorageVolCreateXmlRet,
};

export const storageVolDelete: Procedure<types.StorageVolDeleteArgs, void> = {
  name: 'STORAGE_VOL_DELETE',
  program: 536903814,
  number: 94,
  encode: types.writeStorageVolDeleteArgs,
  decode: nothing,
};

export const storageVolResize: Procedure<types.StorageVolResizeArgs, void> = {
  name: 'STORAGE_VOL_RESIZE',
  program: 536903814,
  number: 260,
  encode: types.writeStorageVolResizeArgs,
  decode: nothing,
};

export const storageVolGetInfo: Procedure<types.StorageVolGetInfoArgs, types.StorageVolGetInfoRet> = {
  name: 'STORAGE_VOL_GET_INFO',
  program: 536903814,
  number: 98,
  encode: types.writeStorageVolGetInfoArgs,
  decode: types.readStorageVolGetInfoRet,
};

export const storageVolGetXmlDesc: Procedure<types.StorageVolGetXmlDescArgs, types.StorageVolGetXmlDescRet> = {
  name: 'STORAGE_VOL_GET_XML_DESC',
  program: 536903814,
  number: 99,
  encode: types.writeStorageVolGetXmlDescArgs,
  decode: types.readStorageVolGetXmlDescRet,
};

export const storageVolGetPath: Procedure<types.StorageVolGetPathArgs, types.StorageVolGetPathRet> = {
  name: 'STORAGE_VOL_GET_PATH',
  program: 536903814,
  number: 100,
  encode: types.writeStorageVolGetPathArgs,
  decode: types.readStorageVolGetPathRet,
};

export const storageVolUpload: Procedure<types.StorageVolUploadArgs, void> = {
  name: 'STORAGE_VOL_UPLOAD',
  program: 536903814,
  number: 208,
  encode: types.writeStorageVolUploadArgs,
  decode: nothing,
};

export const storageVolDownload: Procedure<types.StorageVolDownloadArgs, void> = {
  name: 'STORAGE_VOL_DOWNLOAD',
  program: 536903814,
  number: 209,
  encode: types.writeStorageVolDownloadArgs,
  decode: nothing,
};

export const connectListAllSecrets: Procedure<types.ConnectListAllSecretsArgs, types.ConnectListAllSecretsRet> = {
  name: 'CONNECT_LIST_ALL_SECRETS',
  program: 536903814,
  number: 287,
  encode: types.writeConnectListAllSecretsArgs,
  decode: types.readConnectListAllSecretsRet,
};

export const secretLookupByUuid: Procedure<types.SecretLookupByUuidArgs, types.SecretLookupByUuidRet> = {
  name: 'SECRET_LOOKUP_BY_UUID',
  program: 536903814,
  number: 141,
  encode: types.writeSecretLookupByUuidArgs,
  decode: types.readSecretLookupByUuidRet,
};

export const secretLookupByUsage: Procedure<types.SecretLookupByUsageArgs, types.SecretLookupByUsageRet> = {
  name: 'SECRET_LOOKUP_BY_USAGE',
  program: 536903814,
  number: 147,
  encode: types.writeSecretLookupByUsageArgs,
  decode: types.readSecretLookupByUsageRet,
};

export const secretDefineXml: Procedure<types.SecretDefineXmlArgs, types.SecretDefineXmlRet> = {
  name: 'SECRET_DEFINE_XML',
  program: 536903814,
  number: 142,
  encode: types.writeSecretDefineXmlArgs,
  decode: types.readSecretDefineXmlRet,
};

export const secretGetXmlDesc: Procedure<types.SecretGetXmlDescArgs, types.SecretGetXmlDescRet> = {
  name: 'SECRET_GET_XML_DESC',
  program: 536903814,
  number: 143,
  encode: types.writeSecretGetXmlDescArgs,
  decode: types.readSecretGetXmlDescRet,
};

export const secretSetValue: Procedure<types.SecretSetValueArgs, void> = {
  name: 'SECRET_SET_VALUE',
  program: 536903814,
  number: 144,
  encode: types.writeSecretSetValueArgs,
  decode: nothing,
};

export const secretGetValue: Procedure<types.SecretGetValueArgs, types.SecretGetValueRet> = {
  name: 'SECRET_GET_VALUE',
  program: 536903814,
  number: 145,
  encode: types.writeSecretGetValueArgs,
  decode: types.readSecretGetValueRet,
};

export const secretUndefine: Procedure<types.SecretUndefineArgs, void> = {
  name: 'SECRET_UNDEFINE',
  program: 536903814,
  number: 146,
  encode: types.writeSecretUndefineArgs,
  decode: nothing,
};

export const qemuDomainMonitorCommand: Procedure<types.QemuDomainMonitorCommandArgs, types.QemuDomainMonitorCommandRet> = {
  name: 'DOMAIN_MONITOR_COMMAND',
  program: 536903815,
  number: 1,
  encode: types.writeQemuDomainMonitorCommandArgs,
  decode: types.readQemuDomainMonitorCommandRet,
};

export const qemuDomainAgentCommand: Procedure<types.QemuDomainAgentCommandArgs, types.QemuDomainAgentCommandRet> = {
  name: 'DOMAIN_AGENT_COMMAND',
  program: 536903815,
  number: 3,
  encode: types.writeQemuDomainAgentCommandArgs,
  decode: types.readQemuDomainAgentCommandRet,
};
