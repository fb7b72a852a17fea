import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LINUX_HEARTBEAT } from '../../agent/install/guestHeartbeat.ts';
import { copyLibraries } from './baseImage.ts';
import { cacheDir, contentKey, sourceDir, sourceText } from './layout.ts';
import { programPath } from './native.ts';
import { LabError, mustRun, run } from './run.ts';

/** Drivers of the guest, in the order in which they are loaded; those built into the kernel are simply not found. */
const modules: readonly string[] = [
  'virtio_ring',
  'virtio',
  'virtio_pci_modern_dev',
  'virtio_pci_legacy_dev',
  'virtio_pci',
  'failover',
  'net_failover',
  'virtio_net',
  'virtio_blk',
  'virtio_console',
  'qemu_fw_cfg',
  'pvpanic',
  'pvpanic-mmio',
  'pvpanic-pci',
  'button',
  'evdev',
  'watchdog',
  'i6300esb',
];

const shutdownScript = '#!/bin/sh\n/bin/busybox sync\nexec /bin/busybox poweroff -f\n';

const recipe = contentKey(
  sourceText('guest/witness.c'),
  sourceText('guest/init'),
  modules.join(),
  shutdownScript,
  LINUX_HEARTBEAT,
);

/** Holds `vmlinux` (boots in 3 s under emulation), `vmlinuz` (for UEFI guests) and `initrd.img`. */
export const guestImageDir = join(cacheDir, `guest-${recipe}`);

async function unpackPackage(name: string, into: string): Promise<string> {
  const target = join(into, name);
  mkdirSync(target);
  await mustRun('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', name], {
    cwd: into,
    deadlineMs: 300_000,
  });
  const archive = readdirSync(into).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  if (archive === undefined) throw new LabError('no-package', `apt-get download ${name} brought no package.`);
  await mustRun('dpkg-deb', ['-x', join(into, archive), target], { deadlineMs: 120_000 });
  return target;
}

async function kernelPackage(): Promise<string> {
  const listing = await mustRun('apt-cache', ['depends', 'linux-image-amd64']);
  const name = /Depends: (linux-image-\S+)/.exec(listing)?.[1];
  if (name === undefined) {
    throw new LabError('no-kernel', 'apt knows no linux-image-amd64.', 'Run `apt-get update` first.');
  }
  return name;
}

/** Extracts the uncompressed kernel: unpacking it inside an emulated guest costs 4 s at each boot. */
async function extractKernel(compressed: string, into: string): Promise<void> {
  const image = readFileSync(compressed);
  const formats = [
    { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), tool: 'xz' },
    { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), tool: 'zstd' },
  ];
  for (const { magic, tool } of formats) {
    const at = image.indexOf(magic);
    if (at < 0) continue;
    const packed = `${into}.packed`;
    writeFileSync(packed, image.subarray(at));
    // The image goes on after the compressed part, which the tool reports as an error once it has written all of it.
    await run('sh', ['-c', `${tool} -dc < "$1" > "$2"`, 'sh', packed, into], { deadlineMs: 60_000 });
    rmSync(packed);
    if (readFileSync(into).subarray(0, 4).toString('latin1') === '\x7fELF') return;
  }
  throw new LabError('kernel-format', `${compressed} is compressed in a way that the lab does not know.`);
}

function writeExecutable(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

async function fillRoot(root: string, kernel: string, busybox: string, guestAgent: string): Promise<void> {
  for (const folder of ['bin', 'sbin', 'modules']) mkdirSync(join(root, folder), { recursive: true });
  cpSync(busybox, join(root, 'bin/busybox'));
  symlinkSync('busybox', join(root, 'bin/sh'));
  cpSync(programPath('witness'), join(root, 'bin/witness'));
  cpSync(guestAgent, join(root, 'sbin/qemu-ga'));
  await copyLibraries(guestAgent, root);
  const found = modules.flatMap((name) => {
    const file = globSync(join(kernel, `lib/modules/*/kernel/**/${name}.ko`))[0];
    if (file === undefined) return [];
    cpSync(file, join(root, 'modules', `${name}.ko`));
    return [`${name}.ko`];
  });
  writeFileSync(join(root, 'modules/order'), `${found.join('\n')}\n`);
  cpSync(join(sourceDir, 'guest/init'), join(root, 'init'));
  chmodSync(join(root, 'init'), 0o755);
  writeExecutable(join(root, 'sbin/shutdown'), shutdownScript);
  writeExecutable(join(root, 'sbin/understudy-heartbeat'), LINUX_HEARTBEAT);
  writeExecutable(join(root, 'etc/acpi/PWRF/00000080'), shutdownScript);
}

/** Builds the guests' kernel and initial RAM disk, about 15 s, unless they are in the cache. Needs the host image. */
export async function buildGuestImage(log: (line: string) => void): Promise<void> {
  if (existsSync(guestImageDir)) return;
  for (const stale of readdirSync(cacheDir).filter((name) => name.startsWith('guest-'))) {
    rmSync(join(cacheDir, stale), { recursive: true, force: true });
  }
  log('building the guest image from Debian packages');
  const work = mkdtempSync(join(tmpdir(), 'understudy-lab-guest-'));
  const draft = `${guestImageDir}.new`;
  try {
    mkdirSync(draft);
    const kernel = await unpackPackage(await kernelPackage(), work);
    const busybox = join(await unpackPackage('busybox-static', work), 'bin/busybox');
    const agent = join(await unpackPackage('qemu-guest-agent', work), 'usr/sbin/qemu-ga');
    const root = join(work, 'root');
    await fillRoot(root, kernel, busybox, agent);
    const pack = 'cd "$1" && find . | "$2" cpio -o -H newc > "$3"';
    await mustRun('sh', ['-c', pack, 'sh', root, busybox, join(draft, 'initrd.img')], { deadlineMs: 60_000 });
    const packedKernel = globSync(join(kernel, 'boot/vmlinuz-*'))[0] ?? '';
    cpSync(packedKernel, join(draft, 'vmlinuz'));
    await extractKernel(packedKernel, join(draft, 'vmlinux'));
    renameSync(draft, guestImageDir);
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}
