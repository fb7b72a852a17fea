import { writeFileSync } from 'node:fs';

const SECTOR_BYTES = 512;
const FLOPPY_BYTES = 1440 * 1024;

/** Machine code, in hexadecimal. Writes changing data over half a megabyte of memory for ever, so that a slow live migration never converges. */
const BUSY_MEMORY = [
  'fa', // cli
  'fc', // cld
  'bb0010', // round: mov bx, 0x1000
  '8ec3', // segment: mov es, bx
  '31ff', // xor di, di
  'b90080', // mov cx, 0x8000
  'f3ab', // rep stosw
  '40', // inc ax
  '81c30010', // add bx, 0x1000
  '81fb0090', // cmp bx, 0x9000
  '72ec', // jb segment
  'ebe7', // jmp round
];

/** Arms an ib700 watchdog with a time of zero. */
const BITE_WATCHDOG = [
  'ba4304', // mov dx, 0x443
  'b00f', // mov al, 15
  'ee', // out dx, al
  'f4', // wait: hlt
  'ebfd', // jmp wait
];

/** Writes to its first hard disk through the BIOS, 32 KiB after 32 KiB. */
const WRITE_DISK = [
  '31c0', // xor ax, ax
  '8ed8', // mov ds, ax
  'be157c', // mov si, packet
  'b80043', // next: mov ax, 0x4300
  'b280', // mov dl, 0x80
  'cd13', // int 0x13
  '6683440840', // add dword [si+8], 64
  'ebf2', // jmp next
  '10004000007c0000', // packet: size, sectors, buffer
  '0000000000000000', // number of the first sector
];

const PROGRAMS = {
  'busy-memory': BUSY_MEMORY,
  'bite-watchdog': BITE_WATCHDOG,
  'write-disk': WRITE_DISK,
} as const;

/** Makes a floppy that boots one of the small 16-bit programs which stand in for guests. */
export function writeBootFloppy(path: string, program: keyof typeof PROGRAMS): void {
  const image = Buffer.alloc(FLOPPY_BYTES);
  image.set(Buffer.from(PROGRAMS[program].join(''), 'hex'));
  image.writeUInt16LE(0xaa55, SECTOR_BYTES - 2);
  writeFileSync(path, image);
}

export interface GuestOptions {
  readonly name: string;
  readonly bootFloppy?: string;
  /** More elements for `<devices>`. */
  readonly devices?: string;
}

/** A small guest for QEMU without KVM. */
export function guestXml({ name, bootFloppy, devices = '' }: GuestOptions): string {
  const floppy =
    bootFloppy === undefined
      ? ''
      : `<disk type='file' device='floppy'><driver name='qemu' type='raw'/><source file='${bootFloppy}'/>
         <target dev='fda' bus='fdc'/><readonly/></disk>`;
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>32</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='fd'/></os>
    <features><acpi/></features>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>${floppy}${devices}</devices></domain>`;
}
