/** A domain's stored definition as far as protection depends on it; made from the XML by agent/hypervisor. */
export interface DomainDescription {
  readonly vm: string;
  readonly name: string;
  readonly memoryMiB: number;
  readonly machine: string;
  /** Path of the program that runs it. */
  readonly emulator: string;
  /** libvirt's CPU mode: `custom`, `host-model`, `host-passthrough`, `maximum`, or empty for the default. */
  readonly cpuMode: string;
  readonly autostart: boolean;
  readonly disks: readonly DiskDescription[];
  readonly interfaces: readonly InterfaceDescription[];
  /** Kinds of devices that belong to one host only: `hostdev`, `filesystem`, `vdpa` and the like. */
  readonly hostDevices: readonly string[];
  /** It has a channel on which its guest's heartbeat can be heard. */
  readonly hasHeartbeat: boolean;
  readonly hasSnapshots: boolean;
}

export interface DiskDescription {
  readonly target: string;
  readonly device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  /** `empty`: a drive with no medium in it. */
  readonly source: 'file' | 'block' | 'network' | 'empty' | 'other';
  readonly path: string;
  /** libvirt's cache mode; empty when not given. */
  readonly cache: string;
  /** libvirt's io mode (`threads`, `native`, `io_uring`); empty when not given. */
  readonly io: string;
  readonly readOnly: boolean;
  /** Where the path lies, as seen by this host. */
  readonly placement: 'store' | 'shared' | 'local' | 'missing' | 'unknown';
}

export interface InterfaceDescription {
  readonly type: 'bridge' | 'network' | 'other';
  readonly source: string;
}

/** What this host has that a VM may need. */
export interface HostPlaces {
  readonly bridges: readonly string[];
  /** libvirt's virtual networks. */
  readonly networks: readonly string[];
}

/** What the VMs' definitions kept on a host say of its network. */
export interface NetworkLook {
  readonly gaps: readonly NetworkGap[];
  /** Bridges that each VM's cards are on. */
  readonly bridges: readonly { readonly vm: string; readonly bridges: readonly string[] }[];
}

/** A bridge or a network (one that is started) that a VM's definition names and this host does not have. */
export interface NetworkGap {
  readonly vm: string;
  readonly type: 'bridge' | 'network';
  readonly source: string;
}
