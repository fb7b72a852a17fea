import { useState } from 'react';
import type { Prompt } from '../../../../electron/ipc/setup/views.ts';
import { fingerprintGroups } from '../../text/setup.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { Command } from '../../ui/Command.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Explain } from '../../ui/Explain.tsx';
import { TextField } from '../../ui/Field.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { answerPrompt } from './setupActions.ts';
import { useSetup } from './setupStore.ts';

type HostKeyPrompt = Extract<Prompt, { readonly kind: 'host-key' }>;
type SecretPrompt = Extract<Prompt, { readonly kind: 'secret' }>;

/** A fingerprint to be compared by eye: in groups, and whole for the screen reader and for copying. */
export function Fingerprint({ sha256, algorithm }: { readonly sha256: string; readonly algorithm: string }) {
  return (
    <p className="fingerprint">
      <span className="fingerprint-kind">{`${algorithm}, SHA256`}</span>
      <code>
        {fingerprintGroups(sha256).map((part, index) => (
          <span key={`${index} ${part}`}>{part}</span>
        ))}
      </code>
    </p>
  );
}

function HostKeyDialog({ prompt }: { readonly prompt: HostKeyPrompt }) {
  const refuse = (): void => void answerPrompt(prompt.id, { kind: 'refuse' });
  const where = prompt.port === 22 ? prompt.address : `${prompt.address}, port ${prompt.port}`;
  return (
    <Dialog
      title={`Is this really ${prompt.host}?`}
      cautious
      onClose={refuse}
      buttons={
        <>
          <Button onPress={refuse}>Cancel</Button>
          <Button look="primary" onPress={() => void answerPrompt(prompt.id, { kind: 'accept' })}>
            It is the same: trust this host
          </Button>
        </>
      }
    >
      <p>{`This app has not met ${where} before. Nothing was sent to it yet. It shows this key:`}</p>
      <Fingerprint sha256={prompt.key.sha256} algorithm={prompt.key.algorithm} />
      {prompt.inKnownHosts ? (
        <p className="check">
          <StatusMark word="protected" />
          <span>It is the key that OpenSSH on this computer knows for this address already.</span>
        </p>
      ) : null}
      <p>Compare it: on the host&apos;s own screen and keyboard, not over the network, run</p>
      <Command text={prompt.compareWith} />
      <p>The line that it prints must show the same letters after &quot;SHA256:&quot;.</p>
      <Explain question="What is a host key, and why compare it?">
        <p>
          It is how an SSH server proves who it is, like the certificate of a web site that nobody else
          vouches for. If somebody sits between you and the host, you see their key here, and they would get
          your password. Once confirmed, the key is remembered, and another one is refused.
        </p>
      </Explain>
    </Dialog>
  );
}

const secretTitles: Readonly<Record<SecretPrompt['what'], (host: string) => string>> = {
  password: (host) => `Log in to ${host}`,
  passphrase: (host) => `Unlock the key for ${host}`,
  sudo: (host) => `Become administrator on ${host}`,
  other: (host) => `${host} asks`,
};
const secretHints: Readonly<Record<SecretPrompt['what'], string>> = {
  password: 'The password that this user has on that host.',
  passphrase:
    'The private key is protected by it. It is used on this computer only and is not sent to the host.',
  sudo: 'The user may do what root may do after giving this password, like "Run as administrator" on Windows (sudo).',
  other: 'The question comes from the host itself. Answer it only if you expected it.',
};

function SecretDialog({ prompt }: { readonly prompt: SecretPrompt }) {
  const [secret, setSecret] = useState('');
  const [remember, setRemember] = useState(false);
  const refuse = (): void => void answerPrompt(prompt.id, { kind: 'refuse' });
  const { refused } = prompt.remember;
  const send = (): void => {
    void answerPrompt(prompt.id, { kind: 'secret', secret, remember: remember && refused === null });
  };
  return (
    <Dialog
      title={secretTitles[prompt.what](prompt.host)}
      onClose={refuse}
      buttons={
        <>
          <Button onPress={refuse}>Cancel</Button>
          <Button look="primary" onPress={send} off={secret === '' ? 'Nothing is entered yet.' : null}>
            Log in
          </Button>
        </>
      }
    >
      <form
        className="prompt-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (secret !== '') send();
        }}
      >
        <TextField
          label={prompt.label}
          kind={prompt.echo ? 'text' : 'password'}
          value={secret}
          onChange={setSecret}
          wrong={prompt.again ? 'The host refused the last one. Enter it again.' : null}
          hint={secretHints[prompt.what]}
          focusFirst
        />
        <Checkbox
          label="Remember it on this computer"
          on={remember && refused === null}
          onChange={setRemember}
          off={refused}
          hint={
            refused ??
            'Encrypted by the secret store of your system. It is never shown and never written to a log.'
          }
        />
      </form>
    </Dialog>
  );
}

/** The questions that only a person can answer, one at a time, on whichever page one is. */
export function Prompts() {
  const prompt = useSetup(({ prompts, keyChangeIsOpen }) => (keyChangeIsOpen ? null : (prompts[0] ?? null)));
  if (prompt === null) return null;
  if (prompt.kind === 'host-key') return <HostKeyDialog key={prompt.id} prompt={prompt} />;
  return <SecretDialog key={prompt.id} prompt={prompt} />;
}
