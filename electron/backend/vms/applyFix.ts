import { fail } from '../failures.ts';
import type { HostSession } from '../ssh/session.ts';
import { diskFormat, withCpu, withDiskDriver, withDiskSource } from './domainEdit.ts';
import type { VmFixAction } from './fixes.ts';
import { copyDisk, defineCopy, type DiskMove, endCopy, type Watch } from './moveDisk.ts';
import { virsh } from './virsh.ts';

interface Where {
  readonly vm: string;
  /** The host that has the VM. */
  readonly own: HostSession;
  readonly all: readonly HostSession[];
  readonly watch: Watch;
}

/** Makes a fix through libvirt's own shell. Throws a FailureError; libvirt has then refused the change whole. */
export async function applyVmFix(action: VmFixAction, where: Where): Promise<void> {
  const { vm, own } = where;
  switch (action.kind) {
    case 'eject': {
      const scope = action.running ? '--live --config' : '--config';
      await virsh(own, `virsh -q change-media "$1" "$2" --eject --force ${scope}`, [vm, action.target]);
      return;
    }
    case 'disk-driver':
      return edit(own, vm, (xml) => withDiskDriver(xml, action.target, action.attribute, action.value));
    case 'move-disk':
      return moveDisk(where, action.move);
    case 'cpu':
      return unifyCpu(where);
    case 'start-network':
      return startNetwork(sessionOf(where, action.on), action.network);
    case 'copy-network':
      return copyNetwork(own, sessionOf(where, action.to), action.network);
    case 'make-bridge': {
      const { bridge } = action;
      const xml = `<network><name>${bridge}</name><bridge name='${bridge}' stp='on' delay='0'/></network>`;
      return defineNetwork(sessionOf(where, action.to), bridge, xml);
    }
  }
}

function sessionOf({ all }: Where, host: string): HostSession {
  const session = all.find(({ hostName }) => hostName === host);
  if (session !== undefined) return session;
  throw fail({ code: 'input.unknown-host', message: `There is no host ${host} in this group.` });
}

const dumpScript = 'virsh -q dumpxml --inactive --security-info "$1"';

async function edit(own: HostSession, vm: string, change: (xml: string) => string | null): Promise<void> {
  const present = await virsh(own, dumpScript, [vm]);
  const next = change(present);
  if (next === null) throw notFound(own.hostName, vm);
  await virsh(own, define('define --validate'), [], next);
}

/** libvirt's shell reads definitions from files only; one of root's alone, since it may hold passwords. */
const define = (command: string): string => `umask 077
file=$(mktemp)
trap 'rm -f -- "$file"' EXIT
cat >"$file"
virsh -q ${command} "$file"`;

/** The definition names the copy only after it was compared, and only of a VM that has not run since. The old file stays. */
async function moveDisk({ vm, own, watch }: Where, move: DiskMove): Promise<void> {
  const { target, from, to } = move;
  const format = diskFormat(await virsh(own, dumpScript, [vm]), target);
  if (format === null) throw notFound(own.hostName, vm);
  await copyDisk(own, vm, move, format, watch);
  watch.tell('changing the definition');
  const next = withDiskSource(await virsh(own, dumpScript, [vm]), target, from, to);
  if (next === null) throw notFound(own.hostName, vm);
  await defineCopy(own, vm, move, next);
  await endCopy(own, move);
  watch.tell(`the old file is still at ${from}: delete it when the VM has run from the new one`);
}

async function unifyCpu({ vm, own, all }: Where): Promise<void> {
  const models: string[] = [];
  for (const session of all) {
    const xml = await virsh(session, 'virsh -q domcapabilities', []);
    const found = /<mode name='host-model'[^>]*>([\s\S]*?)<\/mode>/.exec(xml)?.[1];
    if (found === undefined) throw notFound(session.hostName, vm);
    models.push(`<cpu mode='custom' match='exact'>${found}</cpu>`);
  }
  const cpu = await virsh(own, define('hypervisor-cpu-baseline --migratable'), [], models.join('\n'));
  await edit(own, vm, (xml) => withCpu(xml, cpu));
}

async function copyNetwork(from: HostSession, to: HostSession, network: string): Promise<void> {
  const xml = await virsh(from, 'virsh -q net-dumpxml --inactive "$1"', [network]);
  // Identities are the host's own; libvirt makes new ones.
  const own = xml.replace(/<uuid>[^<]*<\/uuid>/, '').replace(/<mac address=[^>]*\/>/, '');
  await defineNetwork(to, network, own);
}

/** A network that can't be started there is not left behind: libvirt finds a clash of addresses only at the start. */
const startOrUndefine = `${define('net-define')}
virsh -q net-start "$1" || { virsh -q net-undefine "$1"; exit 1; }
virsh -q net-autostart "$1"`;

async function defineNetwork(session: HostSession, network: string, xml: string): Promise<void> {
  await virsh(session, startOrUndefine, [network], xml);
}

async function startNetwork(session: HostSession, network: string): Promise<void> {
  await virsh(session, 'virsh -q net-start "$1"\nvirsh -q net-autostart "$1"', [network]);
}

const notFound = (host: string, vm: string): Error =>
  fail({
    code: 'vm.fix-failed',
    message: `On ${host}, the place to change for ${vm} was not found.`,
    meaning: 'Nothing was changed.',
    fix: `Change it by hand: virsh edit ${vm}.`,
  });
