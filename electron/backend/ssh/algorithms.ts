import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/**
 * Named explicitly, because Electron's BoringSSL lacks some of what Node's OpenSSL has (no chacha20-poly1305 by that
 * name, no small MODP groups) and ssh2 then fails with "Unsupported algorithm" instead of going on.
 */
const serverHostKeys: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Algorithms of one connection. A pinned key's own type is asked for first: a host with newer keys is not "changed". */
export function algorithms(pinnedType: string | undefined): Algorithms {
  const family = pinnedType === 'ssh-rsa' ? /^rsa-/ : undefined;
  const isPinned = (name: string): boolean =>
    family === undefined ? name === pinnedType : family.test(name);
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group18-sha512',
    ],
    cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
    hmac: [
      'hmac-sha2-256-etm@openssh.com',
      'hmac-sha2-512-etm@openssh.com',
      'hmac-sha2-256',
      'hmac-sha2-512',
    ],
    serverHostKey: [...serverHostKeys].sort((a, b) => Number(isPinned(b)) - Number(isPinned(a))),
    compress: ['none'],
  };
}
