import { BEAT_CHANNEL_XML } from '../../agent/protocol/guestBeat.ts';
import { guestAddress, labAddress, storePath } from './layout.ts';

export interface GuestOptions {
  /** 1 to 100: it makes the guest's address, MAC and UUID. */
  readonly number: number;
  /** Default: `vm` and the number. */
  readonly name?: string;
  readonly uuid?: string;
  readonly memoryMiB?: number;
  readonly format?: 'raw' | 'qcow2';
  readonly cache?: 'none' | 'directsync' | 'writeback' | 'writethrough' | 'unsafe';
  readonly io?: 'threads' | 'native' | 'io_uring';
  /** What QEMU does when the disk fails: pause the guest, or tell it. */
  readonly errorPolicy?: 'stop' | 'report';
  /** Path of the disk on the hosts, or of a block device. */
  readonly disk?: string;
  readonly diskIsBlock?: boolean;
  readonly firmware?: 'bios' | 'uefi';
  readonly tpm?: boolean;
  /** `maximum`: whatever processor the host of the moment has to offer. */
  readonly cpu?: 'qemu64' | 'maximum';
  readonly onCrash?: 'destroy' | 'restart' | 'preserve';
  readonly watchdogAction?: 'reset' | 'poweroff' | 'none';
  /** Where the witness acknowledges what it wrote: an `AckLog` of the test. */
  readonly ackPort?: number;
  /** More XML inside <devices>: local disks, ISOs and passthrough for the checks of bad input. */
  readonly extraDevices?: string;
}

/** Port of `openAckLog` unless a test has several. */
export const defaultAckPort = 7700;

export function guestName(options: GuestOptions): string {
  return options.name ?? `vm${options.number}`;
}

export function guestUuid(options: GuestOptions): string {
  return options.uuid ?? `77777777-0000-4000-8000-${String(options.number).padStart(12, '0')}`;
}

/** The guest's disk as the hosts see it. */
export function guestDisk(options: GuestOptions): string {
  return options.disk ?? `${storePath}/images/${guestName(options)}.${options.format ?? 'raw'}`;
}

function diskXml(options: GuestOptions): string {
  const {
    cache = 'none',
    io = 'threads',
    errorPolicy = 'stop',
    format = 'raw',
    diskIsBlock = false,
  } = options;
  const [type, attribute] = diskIsBlock ? ['block', 'dev'] : ['file', 'file'];
  return `<disk type='${type}' device='disk'>
      <driver name='qemu' type='${format}' cache='${cache}' io='${io}' error_policy='${errorPolicy}'/>
      <source ${attribute}='${guestDisk(options)}'/>
      <target dev='vda' bus='virtio'/>
    </disk>`;
}

function firmwareXml(options: GuestOptions): string {
  const boot = `${storePath}/boot`;
  const isUefi = options.firmware === 'uefi';
  const words = [
    'console=ttyS0 quiet panic=0',
    `lab.name=${guestName(options)} lab.ip=${guestAddress(options.number)}`,
    `lab.ack=${labAddress}:${options.ackPort ?? defaultAckPort}`,
    // All of these only shorten the boot under emulation.
    'tsc=reliable no_timer_check mitigations=off nokaslr random.trust_cpu=on rcupdate.rcu_expedited=1 cryptomgr.notests',
  ];
  const loader = isUefi
    ? `<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>
    <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>/var/lib/libvirt/qemu/nvram/${guestName(options)}_VARS.fd</nvram>`
    : '';
  return `<os>
    <type arch='x86_64' machine='${isUefi || options.tpm ? 'q35' : 'pc'}'>hvm</type>
    ${loader}
    <kernel>${boot}/${isUefi ? 'vmlinuz' : 'vmlinux'}</kernel>
    <initrd>${boot}/initrd.img</initrd>
    <cmdline>${words.join(' ')}</cmdline>
  </os>`;
}

/** The libvirt definition of a witness guest. */
export function guestXml(options: GuestOptions): string {
  const mac = `52:54:00:78:00:${options.number.toString(16).padStart(2, '0')}`;
  const tpm = options.tpm ? "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>" : '';
  return `<domain type='qemu'>
  <name>${guestName(options)}</name>
  <uuid>${guestUuid(options)}</uuid>
  <memory unit='MiB'>${options.memoryMiB ?? (options.firmware === 'uefi' ? 256 : 128)}</memory>
  <vcpu>1</vcpu>
  ${firmwareXml(options)}
  <features><acpi/></features>
  ${options.cpu === 'maximum' ? "<cpu mode='maximum'/>" : "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>"}
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>${options.onCrash ?? 'destroy'}</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    ${diskXml(options)}
    <interface type='bridge'>
      <mac address='${mac}'/><source bridge='br0'/><model type='virtio'/><rom enabled='no'/>
    </interface>
    <serial type='pty'>
      <log file='/var/log/libvirt/qemu/${guestName(options)}-console.log' append='on'/><target port='0'/>
    </serial>
    <console type='pty'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    ${BEAT_CHANNEL_XML}
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <panic model='isa'/>
    <watchdog model='i6300esb' action='${options.watchdogAction ?? 'reset'}'/>
    ${tpm}
    ${options.extraDevices ?? ''}
  </devices>
</domain>
`;
}
