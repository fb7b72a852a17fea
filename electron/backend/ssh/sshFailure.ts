import { type Failure, FailureError } from '../../../agent/protocol/failure.ts';
import { excerpt, fail } from '../failures.ts';
import type { HostKey, PinnedKey } from '../inventory/schema.ts';
import type { Address } from './connect.ts';

/** What was learnt while a connection was made; filled in by the callbacks of the handshake. */
export interface Seen {
  hostName?: string;
  user?: string;
  pinned?: PinnedKey;
  offered?: HostKey;
  unansweredPrompt?: string;
}

/** Names what went wrong with a connection. `fault` null: the other side hung up without a word. */
export function sshFailure(target: Address, fault: Error | null, seen: Seen): FailureError {
  const where = seen.hostName ?? target.address;
  if (seen.pinned !== undefined && seen.offered !== undefined && seen.offered.sha256 !== seen.pinned.sha256) {
    return new HostKeyChanged(where, seen.pinned, seen.offered);
  }
  const level = fault !== null && 'level' in fault ? String(fault.level) : '';
  const code = fault !== null && 'code' in fault ? String(fault.code) : '';
  if (level === 'client-authentication') return authRefused(where, seen);
  if (level === 'client-timeout') {
    return fail({
      code: 'ssh.timeout',
      message: `${where} did not finish the SSH login in time.`,
      meaning: 'The host, or a firewall on the way, takes the connection but does not answer.',
      fix: 'Check the address and port, and whether the host is overloaded.',
    });
  }
  if (/^E[A-Z]+$/.test(code) || level === 'client-socket' || level === 'client-dns') {
    return fail({
      code: 'ssh.unreachable',
      message: `${where} (${target.address} port ${target.port}) can not be reached: ${code || excerpt(fault?.message ?? '')}`,
      meaning: 'Nothing was changed. The host may be fine and only the way to it broken.',
      fix: 'Check the address, the port and that sshd runs there.',
    });
  }
  return fail({
    code: 'ssh.connection-lost',
    message: `${where} ended the SSH connection${fault === null ? '.' : `: ${excerpt(fault.message)}`}`,
    fix: 'Try again; look at the log of sshd on the host if it happens again.',
  });
}

/** A host that was known shows another key; both are kept apart from the text, to be shown side by side. */
export class HostKeyChanged extends FailureError {
  readonly pinned: PinnedKey;
  readonly offered: HostKey;
  constructor(where: string, pinned: PinnedKey, offered: HostKey) {
    super(keyChanged(where, pinned, offered));
    this.pinned = pinned;
    this.offered = offered;
  }
}

function keyChanged(where: string, pinned: HostKey, offered: HostKey): Failure {
  return {
    code: 'ssh.host-key-changed',
    message: `${where} shows another host key than before: ${offered.sha256} instead of ${pinned.sha256}.`,
    meaning:
      'Either the host was installed anew, or another machine answers in its place. No password was sent.',
    fix: 'Compare on the host itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. If it is right, remove the host key in the settings of this host and confirm the new one (hosts key).',
  };
}

function authRefused(where: string, seen: Seen): FailureError {
  if (seen.unansweredPrompt !== undefined) {
    return fail({
      code: 'ssh.prompt-not-answered',
      message: `${where} asked "${excerpt(seen.unansweredPrompt, 120)}", which can not be answered without a person.`,
      meaning: 'The host wants more than a password, for instance a one-time code.',
      fix: 'Use a key or the SSH agent for this host.',
    });
  }
  return fail({
    code: 'ssh.auth-refused',
    message: `${where} refused the login of ${seen.user ?? 'the user'}.`,
    meaning:
      'The key is not known there, or the password is wrong, or that user may not log in. Nothing was changed.',
    fix: "Check the user name and the key or password; for root also PermitRootLogin in the host's sshd_config.",
  });
}
