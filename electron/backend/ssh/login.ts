import { homedir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type ConnectConfig } from 'ssh2';
import { readBoundedFile } from '../boundedFile.ts';
import { asFailure, fail } from '../failures.ts';
import type { Login } from '../inventory/schema.ts';
import type { Secret, SecretSource } from '../secret.ts';

/** A private key is a few KiB; a larger file is something else that was named by mistake. */
const MAX_KEY_FILE_BYTES = 65_536;

export interface LoginMaterial {
  readonly config: Pick<
    ConnectConfig,
    'username' | 'password' | 'privateKey' | 'passphrase' | 'agent' | 'tryKeyboard'
  >;
  /** Answers a single hidden question of keyboard-interactive. */
  readonly password: Secret | null;
}

/** What ssh2 needs to log in. Asks for secrets before the handshake, whose time limit runs through everything. */
export async function loginMaterial(
  hostName: string,
  login: Login,
  secrets: SecretSource,
): Promise<LoginMaterial> {
  switch (login.auth.kind) {
    case 'key':
      return keyMaterial(hostName, login.user, login.auth.keyFile, secrets);
    case 'agent':
      return { config: { username: login.user, agent: agentSocket(hostName) }, password: null };
    case 'password': {
      const password = await secrets(hostName, 'password');
      if (password === null) {
        throw fail({
          code: 'ssh.password-missing',
          message: `No password for ${login.user} on ${hostName} was given.`,
          fix: 'Give it with --password-env NAME or --password-stdin, or use a key.',
        });
      }
      const config = { username: login.user, password: password.reveal(), tryKeyboard: true };
      return { config, password };
    }
  }
}

async function keyMaterial(
  hostName: string,
  username: string,
  keyFile: string,
  secrets: SecretSource,
): Promise<LoginMaterial> {
  const privateKey = readKeyFile(keyFile);
  const parsed = ssh2.utils.parseKey(privateKey);
  if (!(parsed instanceof Error)) return { config: { username, privateKey }, password: null };
  if (!/encrypted/i.test(parsed.message)) {
    throw fail({
      code: 'ssh.key-file-invalid',
      message: `${keyFile} is not a private key that can be read: ${parsed.message}`,
      fix: 'Name the private key (without .pub) in OpenSSH or PEM format.',
      field: 'key',
    });
  }
  const passphrase = await secrets(hostName, 'passphrase');
  if (passphrase === null) {
    throw fail({
      code: 'ssh.passphrase-missing',
      message: `${keyFile} is protected with a passphrase and none was given.`,
      fix: 'Give it with --passphrase-env NAME, or use the SSH agent.',
      field: 'key',
    });
  }
  if (ssh2.utils.parseKey(privateKey, passphrase.reveal()) instanceof Error) {
    throw fail({
      code: 'ssh.passphrase-wrong',
      message: `The passphrase does not open ${keyFile}.`,
      fix: 'Check the passphrase; nothing was sent to the host.',
      field: 'passphrase',
    });
  }
  return { config: { username, privateKey, passphrase: passphrase.reveal() }, password: null };
}

function readKeyFile(keyFile: string): Buffer {
  const path = keyFile.startsWith('~/') ? join(homedir(), keyFile.slice(2)) : keyFile;
  try {
    return readBoundedFile(path, MAX_KEY_FILE_BYTES);
  } catch (fault) {
    throw fail({
      code: 'ssh.key-file-unreadable',
      message: `The key file ${keyFile} can not be read: ${asFailure(fault).message}`,
      fix: 'Check the path and that this user may read the file.',
      field: 'key',
    });
  }
}

function agentSocket(hostName: string): string {
  if (process.platform === 'win32') return String.raw`\\.\pipe\openssh-ssh-agent`;
  const socket = process.env['SSH_AUTH_SOCK'];
  if (socket !== undefined && socket !== '') return socket;
  throw fail({
    code: 'ssh.no-agent',
    message: `${hostName} is to be reached with the SSH agent, but SSH_AUTH_SOCK is not set.`,
    fix: 'Start an agent and add the key (ssh-add), or name a key file.',
  });
}
