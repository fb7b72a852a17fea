import { createHash } from 'node:crypto';
import type { GroupConfig, HostSettings } from '../../../agent/protocol/group.ts';
import { Secret } from '../secret.ts';
import { type HostSession, runChecked } from '../ssh/session.ts';
import { upload } from '../ssh/upload.ts';

const ETC = '/etc/understudy';

/** The group key as hosts keep it: 32 random bytes in hex. null: this host has none. */
export async function readGroupKey(session: HostSession): Promise<Secret | null> {
  const text = await runChecked(
    session,
    { what: 'reading the group key', script: `cat ${ETC}/group.key 2>/dev/null || true` },
    'group.key-unreadable',
  );
  return /^[0-9a-f]{64}$/.test(text.trim()) ? new Secret(text.trim()) : null;
}

/**
 * Gives a host its part of the group: key, configuration, and last its own settings, whose presence lets the services
 * start. Each file is whole or not there.
 */
export async function distribute(
  session: HostSession,
  parts: { readonly key: Secret; readonly config: GroupConfig; readonly settings: HostSettings },
): Promise<void> {
  const files = [
    { name: 'group.key', mode: 0o600, text: parts.key.reveal() },
    { name: 'group.json', mode: 0o644, text: `${JSON.stringify(parts.config, null, 2)}\n` },
    { name: 'host.json', mode: 0o600, text: `${JSON.stringify(parts.settings, null, 2)}\n` },
  ];
  for (const { name, mode, text } of files) {
    const digest = createHash('sha256').update(text).digest('hex');
    await upload(session, { path: `${ETC}/${name}`, mode, sha256: digest, packing: 'none', content: text });
  }
}

/** Starts the services and waits until systemd says that they run. */
export async function startServices(session: HostSession, units: readonly string[]): Promise<void> {
  const script = `systemctl reset-failed -- "$@" 2>/dev/null || true
systemctl start -- "$@"
for unit; do systemctl is-active --quiet "$unit" || { journalctl -q -n 5 -u "$unit" -o cat >&2 || true; exit 1; }; done`;
  await runChecked(session, { what: 'the start of the services', script, args: units }, 'group.start-failed');
}
