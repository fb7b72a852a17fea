import { fail } from '../failures.ts';
import type { GroupEntry, HostEntry, Inventory, PinnedKey } from '../inventory/schema.ts';
import { updateInventory } from '../inventory/inventory.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';

/** Only there while an entry without its key yet is validated. */
export const placeholderKey: PinnedKey = {
  algorithm: 'none',
  sha256: `SHA256:${'A'.repeat(43)}`,
  firstSeenAt: '',
  confirmedBy: 'user',
};

/** Who the host says that it is; both come from the host and are only shown. */
export interface HostGreeting {
  readonly hostname: string;
  readonly system: string;
}

/** Login and root must work before a host is saved: otherwise nothing else would. Throws a FailureError. */
export async function tryRoot(session: HostSession): Promise<HostGreeting> {
  const script = '[ "$(id -u)" = 0 ]\nprintf "%s, %s" "$(uname -n)" "$(uname -srm)"';
  const output = await runChecked(session, { what: 'becoming root', script }, 'ssh.root-refused');
  const [hostname = '', ...system] = output.trim().slice(0, 300).split(', ');
  return { hostname, system: system.join(', ') };
}

export function refuseKnownName(inventory: Inventory, name: string, field: string): void {
  if (!inventory.hosts.some((host) => host.name === name)) return;
  throw fail({
    code: 'input.host-exists',
    message: `There is already a host ${name}.`,
    fix: 'Choose another name, or remove that host first.',
    field,
  });
}

export function saveHost(inventoryPath: string, entry: HostEntry, field: string): void {
  updateInventory(inventoryPath, (present) => {
    refuseKnownName(present, entry.name, field);
    return { ...present, hosts: [...present.hosts, entry] };
  });
}

/** Puts `next` in the place of the host of that name. A host of a group keeps its name: its agents know it by that. */
export function replaceEntry(inventoryPath: string, name: string, next: HostEntry): void {
  updateInventory(inventoryPath, (present) => {
    if (next.name !== name) {
      refuseKnownName(present, next.name, 'name');
      refuseInGroup(present, name, 'name');
    }
    return {
      ...present,
      hosts: present.hosts.map((host) => (host.name === name ? next : host)),
      setups: present.setups.map((setup) => ({
        ...setup,
        hosts: setup.hosts.map((each) => (each === name ? next.name : each)),
      })),
    };
  });
}

/** The group that this host belongs to, as this computer knows. */
export function groupWith(inventory: Pick<Inventory, 'groups'>, host: string): GroupEntry | null {
  return inventory.groups.find((group) => group.hosts.some((each) => each.name === host)) ?? null;
}

/** Forgets a host without a group; nothing is changed on it. Throws a FailureError. */
export function forgetHost(inventoryPath: string, name: string): void {
  updateInventory(inventoryPath, (present) => {
    refuseInGroup(present, name, 'host');
    return {
      ...present,
      hosts: present.hosts.filter((host) => host.name !== name),
      setups: present.setups.map((setup) => ({
        ...setup,
        hosts: setup.hosts.filter((each) => each !== name),
      })),
    };
  });
}

function refuseInGroup(inventory: Pick<Inventory, 'groups'>, name: string, field: string): void {
  const group = groupWith(inventory, name);
  if (group === null) return;
  throw fail({
    code: 'input.host-in-group',
    message: `${name} belongs to the group ${group.name}.`,
    fix: `Uninstall it first (uninstall ${name}), or forget the group (group forget ${group.name}).`,
    field,
  });
}
