import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readBoundedFile } from '../boundedFile.ts';
import type { HostKey } from '../inventory/schema.ts';
import type { Address } from './connect.ts';

/** Tens of thousands of hosts. */
const MAX_KNOWN_HOSTS_BYTES = 8 * 1024 * 1024;

/** The user's known_hosts; an absent or unreadable one knows nobody. */
export function readKnownHosts(path = join(homedir(), '.ssh', 'known_hosts')): string {
  try {
    return readBoundedFile(path, MAX_KNOWN_HOSTS_BYTES).toString('utf8');
  } catch {
    return '';
  }
}

/**
 * Whether OpenSSH's known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) has exactly this key for this host. Lines with
 * markers (@revoked, @cert-authority) and patterns never vouch for anything here. Pure.
 */
export function isKnownKey(text: string, target: Address, key: HostKey): boolean {
  const name = target.port === 22 ? target.address : `[${target.address}]:${target.port}`;
  return text.split('\n').some((line) => {
    const [names = '', , encoded = ''] = line.trim().split(/\s+/);
    if (names === '' || names.startsWith('#') || names.startsWith('@')) return false;
    return names.split(',').some((each) => sameName(each, name)) && fingerprint(encoded) === key.sha256;
  });
}

function sameName(entry: string, name: string): boolean {
  if (!entry.startsWith('|1|')) return entry === name;
  const [, , salt = '', hash = ''] = entry.split('|');
  const expected = Buffer.from(hash, 'base64');
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function fingerprint(encoded: string): string {
  const digest = createHash('sha256').update(Buffer.from(encoded, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
