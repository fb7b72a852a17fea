import { useId } from 'react';
import type { Failure } from '../../../../agent/protocol/failure.ts';
import { Button } from '../../ui/Button.tsx';
import { Explain } from '../../ui/Explain.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import type { HostForm, Wrong } from './hostForm.ts';
import { LoginFields } from './LoginFields.tsx';
import { closeEntry, sendHost, typeHost } from './setupActions.ts';
import { useSetup } from './setupStore.ts';

function Jump({ form, wrong }: { readonly form: HostForm; readonly wrong: Wrong }) {
  return (
    <details
      className="jump"
      open={form.viaJump}
      onToggle={(event) => typeHost({ viaJump: event.currentTarget.open })}
    >
      <summary>This computer reaches it only through another machine (jump host)</summary>
      <div className="form">
        <LoginFields
          login={form.jump}
          prefix="jump."
          wrong={wrong}
          onChange={(change) => typeHost({ jump: { ...form.jump, ...change } })}
          addressHint="The machine that you log in to first."
        />
      </div>
    </details>
  );
}

/** Shows the first field that is wrong, so that nobody has to look for it. */
function focusWrong(formId: string): void {
  requestAnimationFrame(() => {
    document.getElementById(formId)?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  });
}

/** A refusal that stands at its field in full is not said twice. */
function Refused({ failure, wrong }: { readonly failure: Failure | null; readonly wrong: Wrong }) {
  if (failure === null) return null;
  const field = failure.field?.replace(/^input\./, '');
  if (field !== undefined && wrong[field] !== undefined && failure.fix === undefined) return null;
  return (
    <div className="refusal" role="alert">
      <FailureText failure={failure} />
    </div>
  );
}

function WhatIsSsh() {
  return (
    <Explain question="What is SSH, and what does it need?">
      <p>
        SSH is how Linux machines are managed over the network, like a remote PowerShell. Nearly every server
        has it switched on (service sshd, port 22). If a login as root with a password is refused, that is the
        usual setting: use a user who may use sudo, or a key file.
      </p>
    </Explain>
  );
}

/** A host being added or changed: every fault stands at its field, and nothing is kept before the host let us in. */
export function HostFormPanel({
  title,
  send,
  closable,
}: {
  readonly title: string;
  readonly send: string;
  readonly closable: boolean;
}) {
  const { form, wrong, failure, asking } = useSetup(({ entry }) => entry);
  const id = useId();
  const submit = (): void => {
    void sendHost().then((isIn) => {
      if (!isIn) focusWrong(id);
    });
  };
  return (
    <Panel title={title}>
      <form
        id={id}
        className="form panel-body"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <LoginFields
          login={form}
          prefix=""
          wrong={wrong}
          onChange={typeHost}
          addressHint="Its IP address or its name in your network."
        />
        <TextField
          label="Name (may stay empty)"
          name="name"
          hint="How it is called here. Empty: the name that the host gives itself."
          value={form.name}
          wrong={wrong['name'] ?? null}
          onChange={(name) => typeHost({ name })}
        />
        <Jump form={form} wrong={wrong} />
        <Refused failure={failure} wrong={wrong} />
        <div className="form-buttons">
          <button type="submit" className="button button-primary" aria-disabled={asking}>
            {asking ? 'Connecting …' : send}
          </button>
          {closable && !asking ? <Button onPress={closeEntry}>Cancel</Button> : null}
          {asking ? (
            <output className="check">
              <StatusMark word="working" />
              {`Connecting to ${form.address.trim()} …`}
            </output>
          ) : null}
        </div>
        <WhatIsSsh />
      </form>
    </Panel>
  );
}
