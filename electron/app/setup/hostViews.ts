import { groupWith } from '../../backend/hosts/hosts.ts';
import type { Inventory, Login, PinnedKey } from '../../backend/inventory/schema.ts';
import type { KeyView, KnownHost, SavedSetup } from '../../ipc/setup/views.ts';
import type { SecretKeeper } from './secretKeeper.ts';
import { loginView } from './setupState.ts';

const keyView = ({ algorithm, sha256, firstSeenAt }: PinnedKey): KeyView => ({
  algorithm,
  sha256,
  firstSeenAt,
});

/** All hosts that this computer knows, with the keys that are pinned. Secrets are told of, never told. */
export function knownHosts(inventory: Inventory, secrets: SecretKeeper): readonly KnownHost[] {
  const withKey = (login: Login) => ({ ...loginView(login), key: keyView(login.hostKey) });
  return inventory.hosts.map((host) => {
    const group = groupWith(inventory, host.name);
    return {
      name: host.name,
      ...withKey(host),
      confirmedBy: host.hostKey.confirmedBy,
      jump: host.jump === null ? null : withKey(host.jump),
      group: group?.name ?? null,
      groupId: group?.groupId ?? null,
      remembered: secrets.holds(host.name),
    };
  });
}

/** Set-ups that were left, the newest last. */
export function savedSetups({ setups }: Inventory): readonly SavedSetup[] {
  return setups.map(({ id, kind, hosts, stage, savedAt, draft }) => {
    const name = draft.name === '' ? hosts.join(', ') : draft.name;
    return { id, kind, name, hosts, stage, savedAt };
  });
}
