import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labUsers } from './baseImage.ts';
import { cacheDir, hostAddress, hostNames, hostPaths, numberOf, type HostName } from './layout.ts';
import { mustRun } from './run.ts';

/** The key with which the tests log in as any user of any host. */
export const sshKey = join(cacheDir, 'id_lab');

export async function makeSshKey(): Promise<void> {
  if (existsSync(sshKey)) return;
  mkdirSync(cacheDir, { recursive: true });
  await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'understudy-lab', '-f', sshKey]);
}

export function machineId(host: HostName): string {
  return `deadbeef0000400080000000000077${numberOf(host).toString(16).padStart(2, '0')}`;
}

function authorizeKey(upper: string, home: string, owner: number): void {
  const folder = join(upper, home, '.ssh');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${sshKey}.pub`), { mode: 0o600 });
  chownTree(join(upper, home), owner);
}

function chownTree(home: string, owner: number): void {
  for (const path of [home, join(home, '.ssh'), join(home, '.ssh/authorized_keys')])
    chownSync(path, owner, owner);
}

/** Writes what makes a host itself onto its disk, once: afterwards the disk is the host's own. */
export async function provision(host: HostName): Promise<void> {
  const { upper, work, root, watchdog, bmc } = hostPaths(host);
  if (existsSync(upper)) return;
  for (const folder of [work, root, watchdog, bmc]) mkdirSync(folder, { recursive: true });
  const draft = `${upper}.new`;
  rmSync(draft, { recursive: true, force: true });
  const write = (path: string, text: string): void => {
    mkdirSync(join(draft, path, '..'), { recursive: true });
    writeFileSync(join(draft, path), text);
  };
  const others = hostNames.map((name) => `${hostAddress(name)} ${name}\n`).join('');
  write('etc/hostname', `${host}\n`);
  write('etc/hosts', `127.0.0.1 localhost\n${others}`);
  write('etc/machine-id', `${machineId(host)}\n`);
  write('etc/libvirt/libvirtd.conf', `host_uuid = "00000000-7700-4000-8000-00000000000${numberOf(host)}"\n`);
  mkdirSync(join(draft, 'etc/ssh'), { recursive: true });
  await mustRun('ssh-keygen', [
    '-q',
    '-t',
    'ed25519',
    '-N',
    '',
    '-C',
    host,
    '-f',
    join(draft, 'etc/ssh/ssh_host_ed25519_key'),
  ]);
  authorizeKey(draft, 'root', 0);
  for (const [at, name] of Object.values(labUsers).entries()) authorizeKey(draft, `home/${name}`, 1000 + at);
  renameSync(draft, upper);
}

/** Gives a host that is switched off a disk as it came from the factory. */
export function wipeDisk(host: HostName): void {
  const { upper, work } = hostPaths(host);
  rmSync(upper, { recursive: true, force: true });
  rmSync(work, { recursive: true, force: true });
}
