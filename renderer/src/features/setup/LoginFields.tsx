import { TextField } from '../../ui/Field.tsx';
import { RadioCards, type RadioCard } from '../../ui/RadioCards.tsx';
import type { LoginForm, Wrong } from './hostForm.ts';

const methods: readonly RadioCard<LoginForm['auth']>[] = [
  { value: 'password', title: 'Password', text: 'It is asked for when the host wants it.' },
  { value: 'key', title: 'Key file', text: 'A private key of yours on this computer.' },
  { value: 'agent', title: 'SSH agent', text: 'The program that holds your keys already, also Pageant.' },
];

/** Where to log in and how; the same for a host and for a machine on the way to it. */
export function LoginFields({
  login,
  prefix,
  wrong,
  onChange,
  addressHint,
}: {
  readonly login: LoginForm;
  readonly prefix: '' | 'jump.';
  readonly wrong: Wrong;
  readonly onChange: (change: Partial<LoginForm>) => void;
  readonly addressHint: string;
}) {
  const of = (field: string) => ({ name: `${prefix}${field}`, wrong: wrong[`${prefix}${field}`] ?? null });
  return (
    <>
      <div className="field-row">
        <TextField
          label="Address"
          hint={addressHint}
          placeholder="192.168.1.11"
          value={login.address}
          onChange={(address) => onChange({ address })}
          {...of('address')}
        />
        <TextField
          label="Port"
          kind="number"
          value={login.port}
          onChange={(port) => onChange({ port })}
          {...of('port')}
        />
      </div>
      <TextField
        label="User"
        hint="root, or a user who may use sudo: what Run as administrator is on Windows."
        value={login.user}
        onChange={(user) => onChange({ user })}
        {...of('user')}
      />
      <RadioCards
        legend="How to log in"
        value={login.auth}
        cards={methods}
        onChange={(auth) => onChange({ auth })}
        columns={3}
      />
      {login.auth === 'key' ? (
        <TextField
          label="Private key file"
          kind="path"
          hint="For example ~/.ssh/id_ed25519, or C:\Users\you\.ssh\id_ed25519. The file without .pub at its end."
          value={login.keyFile}
          onChange={(keyFile) => onChange({ keyFile })}
          {...of('auth.keyFile')}
        />
      ) : null}
    </>
  );
}
