import type { HostKey, Login, PinnedKey } from '../inventory/schema.ts';
import type { SecretSource } from '../secret.ts';
import { type Address, jumpName, openOne, probeHostKey } from '../ssh/connect.ts';
import { isKnownKey, readKnownHosts } from '../ssh/knownHosts.ts';

/** Shown on the host itself: the fingerprints of all its keys, whichever of them it used. */
export const COMPARE_COMMAND = 'for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$f"; done';

/** A key that a host has just shown and that nobody has vouched for. */
export interface OfferedKey {
  readonly target: Address;
  readonly key: HostKey;
  /** OpenSSH's known_hosts of this user has it too. */
  readonly known: boolean;
}

/** Who vouches for a key, if anybody does; may throw a FailureError of its own. */
export type KeyJudge = (offered: OfferedKey) => Promise<PinnedKey['confirmedBy'] | null>;

/**
 * Learns the key that a host shows, without logging in to it, and asks `judge`. null: nobody vouched. The time that a
 * person takes to compare lies between two connections, inside none. Throws a FailureError.
 */
export async function learnKey(
  target: Login,
  jump: Login | null,
  options: {
    /** Whose key it is; secrets of the jump host are asked for under its name. */
    readonly hostName: string;
    readonly secrets: SecretSource;
    readonly judge: KeyJudge;
    readonly now: () => Date;
  },
): Promise<PinnedKey | null> {
  const via = jump === null ? null : await openOne(jumpName(options.hostName), jump, options.secrets, null);
  try {
    const key = await probeHostKey(target, via);
    const known = isKnownKey(readKnownHosts(), target, key);
    const confirmedBy = await options.judge({ target, key, known });
    if (confirmedBy === null) return null;
    return { ...key, firstSeenAt: options.now().toISOString(), confirmedBy };
  } finally {
    via?.end();
  }
}
