import type { Dispatch, SetStateAction } from 'react';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { Field, SelectField, TextField } from '../../ui/Field.tsx';
import type { AlertForm, MailFields, SecretField, TrapFields, Wrongs } from './alertForm.ts';

export interface PartProps {
  readonly form: AlertForm;
  readonly wrongs: Wrongs;
  readonly onForm: Dispatch<SetStateAction<AlertForm>>;
}

const securities = [
  { value: 'starttls', label: 'STARTTLS (usually port 587)' },
  { value: 'tls', label: 'TLS from the beginning (usually port 465)' },
  { value: 'none', label: 'None: only inside your own network, and without a login' },
] as const;
const versions = [
  { value: '3', label: '3, with a user' },
  { value: '2c', label: '2c, with a community' },
] as const;
const places = [
  { value: 'loopback', label: 'Only the host itself (127.0.0.1)' },
  { value: 'all', label: 'Every address of the host' },
] as const;

/** Takes a secret in. What the hosts have is never shown: only that they have it. */
export function SecretInput(props: {
  readonly label: string;
  readonly secret: SecretField;
  readonly wrong: string | null;
  readonly hint?: string;
  readonly onTyped: (typed: string) => void;
}) {
  const { label, secret, wrong, hint, onTyped } = props;
  const kept = secret.isSet ? 'Is set. Leave it empty to keep it.' : null;
  const text = [kept, hint].filter((part) => part !== null && part !== undefined).join(' ');
  return (
    <TextField
      label={label}
      kind="password"
      wrong={wrong}
      value={secret.typed}
      onChange={onTyped}
      {...(text === '' ? {} : { hint: text })}
    />
  );
}

export function MailPart({ form, wrongs, onForm }: PartProps) {
  const { mail } = form;
  const change = (part: Partial<MailFields>): void =>
    onForm((now) => ({ ...now, mail: { ...now.mail, ...part } }));
  const wrong = (field: string): string | null => wrongs[`mail.${field}`] ?? null;
  return (
    <fieldset className="alert-part">
      <legend>E-mail</legend>
      <Checkbox label="Send e-mail" on={mail.on} onChange={(on) => change({ on })} />
      {mail.on ? (
        <div className="alert-fields">
          <div className="field-row">
            <TextField
              label="Mail server"
              placeholder="mail.example.com"
              value={mail.server}
              wrong={wrong('server')}
              onChange={(server) => change({ server })}
            />
            <TextField
              label="Port"
              kind="number"
              value={mail.port}
              wrong={wrong('port')}
              onChange={(port) => change({ port })}
            />
          </div>
          <SelectField
            label="Security"
            hint="The server's certificate is always checked."
            value={mail.security}
            choices={securities}
            wrong={wrong('security')}
            onChange={(security) => change({ security })}
          />
          <TextField
            label="User"
            hint="Empty: no login."
            value={mail.user}
            wrong={wrong('user')}
            onChange={(user) => change({ user })}
          />
          {mail.user.trim() === '' ? null : (
            <SecretInput
              label="Password of the mail user"
              secret={mail.password}
              wrong={wrong('password')}
              onTyped={(typed) => change({ password: { ...mail.password, typed } })}
            />
          )}
          <MailAddresses mail={mail} wrong={wrong} onChange={change} />
        </div>
      ) : null}
    </fieldset>
  );
}

function MailAddresses(props: {
  readonly mail: MailFields;
  readonly wrong: (field: string) => string | null;
  readonly onChange: (part: Partial<MailFields>) => void;
}) {
  const { mail, wrong, onChange } = props;
  return (
    <>
      <TextField
        label="From"
        placeholder="understudy@example.com"
        value={mail.from}
        wrong={wrong('from')}
        onChange={(from) => onChange({ from })}
      />
      <TextField
        label="To"
        hint="Up to 10 addresses, with commas between them."
        value={mail.to}
        wrong={wrong('to')}
        onChange={(to) => onChange({ to })}
      />
      <Field
        label="Certificate authority"
        hint="Only for a mail server with an authority of its own: its certificate, as text that begins with -----BEGIN CERTIFICATE-----."
        wrong={wrong('ca')}
        control={(ids) => (
          <textarea
            {...ids}
            className="control control-path alert-ca"
            rows={3}
            spellCheck={false}
            value={mail.ca}
            onChange={(event) => onChange({ ca: event.target.value })}
          />
        )}
      />
    </>
  );
}

export function TrapPart({ form, wrongs, onForm }: PartProps) {
  const { trap } = form;
  const change = (part: Partial<TrapFields>): void =>
    onForm((now) => ({ ...now, trap: { ...now.trap, ...part } }));
  const wrong = (field: string): string | null => wrongs[`trap.${field}`] ?? null;
  const secretOf = (field: 'community' | 'authPassword' | 'privPassword') => ({
    secret: trap[field],
    wrong: wrong(field),
    onTyped: (typed: string) => change({ [field]: { ...trap[field], typed } }),
  });
  return (
    <fieldset className="alert-part">
      <legend>SNMP</legend>
      <Checkbox
        label="Send SNMP traps"
        hint="Traps may be lost on the way without anybody noticing: use them beside another way."
        on={trap.on}
        onChange={(on) => change({ on })}
      />
      {trap.on ? (
        <div className="alert-fields">
          <div className="field-row">
            <TextField
              label="Receiver"
              value={trap.server}
              wrong={wrong('server')}
              onChange={(server) => change({ server })}
            />
            <TextField
              label="Port"
              kind="number"
              value={trap.port}
              wrong={wrong('port')}
              onChange={(port) => change({ port })}
            />
          </div>
          <SelectField
            label="Version"
            value={trap.version}
            choices={versions}
            onChange={(version) => change({ version })}
          />
          {trap.version === '2c' ? (
            <SecretInput label="Community" {...secretOf('community')} />
          ) : (
            <>
              <TextField
                label="SNMP user"
                value={trap.user}
                wrong={wrong('user')}
                onChange={(user) => change({ user })}
              />
              <SecretInput label="Password for signing (SHA-256)" {...secretOf('authPassword')} />
              <SecretInput label="Password for hiding (AES)" {...secretOf('privPassword')} />
            </>
          )}
        </div>
      ) : null}
    </fieldset>
  );
}

export function MetricsPart({ form, wrongs, onForm }: PartProps) {
  const { metrics } = form;
  const change = (part: Partial<AlertForm['metrics']>): void =>
    onForm((now) => ({ ...now, metrics: { ...now.metrics, ...part } }));
  return (
    <fieldset className="alert-part">
      <legend>Prometheus</legend>
      <Checkbox
        label="Serve figures for Prometheus"
        hint="Without a login: whoever reaches the port can read the names of hosts and VMs."
        on={metrics.on}
        onChange={(on) => change({ on })}
      />
      {metrics.on ? (
        <div className="alert-fields">
          <div className="field-row">
            <SelectField
              label="Reachable at"
              value={metrics.listen}
              choices={places}
              onChange={(listen) => change({ listen })}
            />
            <TextField
              label="Port"
              kind="number"
              value={metrics.port}
              wrong={wrongs['metrics.port'] ?? null}
              onChange={(port) => change({ port })}
            />
          </div>
        </div>
      ) : null}
    </fieldset>
  );
}
