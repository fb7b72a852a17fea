import type { HostInput, LoginInput } from '../../../../electron/ipc/setup/contract.ts';
import type { LoginView } from '../../../../electron/ipc/setup/views.ts';

/** What is typed about one login. Secrets are no part of it: they are asked for when the host wants them. */
export interface LoginForm {
  readonly address: string;
  readonly port: string;
  readonly user: string;
  readonly auth: 'password' | 'key' | 'agent';
  readonly keyFile: string;
}
export interface HostForm extends LoginForm {
  readonly name: string;
  readonly viaJump: boolean;
  readonly jump: LoginForm;
}

const emptyLogin: LoginForm = { address: '', port: '22', user: 'root', auth: 'password', keyFile: '' };
export const emptyHostForm: HostForm = { ...emptyLogin, name: '', viaJump: false, jump: emptyLogin };

/** What is wrong, by the field's path in the input: the same names that the app uses when it refuses. */
export type Wrong = Readonly<Record<string, string>>;

const addressShape = /^[A-Za-z0-9:._%-]{1,253}$/;
const nameShape = /^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/;
const userShape = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/;

function wrongAddress(address: string): string | null {
  const text = address.trim();
  if (text === '') return 'Enter the name or the IP address that the host has in your network.';
  if (text.includes('@')) return 'Only the address goes here; the user has a field of its own.';
  if (/^[a-z]+:\/\//i.test(text)) return 'Enter it without "ssh://" or "https://", for example 192.168.1.11.';
  if (!addressShape.test(text)) {
    return 'An address has letters, digits, dots, dashes and colons only, for example 192.168.1.11 or kvm1.lan.';
  }
  return null;
}

function wrongPort(port: string): string | null {
  const number = Number(port.trim());
  const fits = /^\d{1,5}$/.test(port.trim()) && number >= 1 && number <= 65_535;
  return fits ? null : 'A port is a number from 1 to 65535. SSH usually has 22.';
}

function wrongUser(user: string): string | null {
  if (user.trim() === '') return 'Enter root, or a user of the host who may use sudo.';
  return userShape.test(user.trim()) ? null : 'This is no user name of a Linux machine.';
}

function wrongsOfLogin(login: LoginForm, prefix: string): Record<string, string> {
  const found: readonly (readonly [string, string | null])[] = [
    ['address', wrongAddress(login.address)],
    ['port', wrongPort(login.port)],
    ['user', wrongUser(login.user)],
    [
      'auth.keyFile',
      login.auth === 'key' && login.keyFile.trim() === ''
        ? 'Enter where the private key lies on this computer.'
        : null,
    ],
  ];
  return Object.fromEntries(
    found.flatMap(([field, text]) => (text === null ? [] : [[`${prefix}${field}`, text] as const])),
  );
}

/** What can be seen to be wrong before anything is sent. The app looks again. */
export function wrongsOf(form: HostForm): Wrong {
  const name = form.name.trim();
  return {
    ...wrongsOfLogin(form, ''),
    ...(name === '' || nameShape.test(name)
      ? {}
      : { name: 'A name has letters, digits, dots and dashes only, and at most 63 of them.' }),
    ...(form.viaJump ? wrongsOfLogin(form.jump, 'jump.') : {}),
  };
}

function loginInput({ address, port, user, auth, keyFile }: LoginForm): LoginInput {
  return {
    address: address.trim(),
    port: Number(port.trim()),
    user: user.trim(),
    auth: auth === 'key' ? { kind: auth, keyFile: keyFile.trim() } : { kind: auth },
  };
}

/** Only for a form without wrongs. */
export function hostInput(form: HostForm): HostInput {
  return {
    name: form.name.trim(),
    ...loginInput(form),
    jump: form.viaJump ? loginInput(form.jump) : null,
  };
}

function loginForm({ address, port, user, auth }: LoginView): LoginForm {
  return {
    address,
    port: String(port),
    user,
    auth: auth.kind,
    keyFile: auth.kind === 'key' ? auth.keyFile : '',
  };
}

/** To change a host that is there already. */
export function formOf(
  host: LoginView & { readonly name: string; readonly jump: LoginView | null },
): HostForm {
  return {
    ...loginForm(host),
    name: host.name,
    viaJump: host.jump !== null,
    jump: host.jump === null ? emptyLogin : loginForm(host.jump),
  };
}

/** The next host is usually reached like the one before; only its address and name differ. */
export function nextForm(form: HostForm): HostForm {
  return { ...form, address: '', name: '' };
}
