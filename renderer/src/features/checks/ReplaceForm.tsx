import { useState } from 'react';
import { app } from '../../store/store.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { emptyHostForm, hostInput, wrongsOf, type HostForm, type Wrong } from '../setup/hostForm.ts';
import { LoginFields } from '../setup/LoginFields.tsx';
import { ask } from '../setup/setupActions.ts';
import { useAsked, useRefusal } from '../setup/setupStore.ts';

/** New hardware for the place of a lost host: how to reach it, and that the old one is gone for good. */
export function ReplaceForm({
  groupId,
  host,
  onClose,
}: {
  readonly groupId: string;
  readonly host: string;
  readonly onClose: () => void;
}) {
  const [form, setForm] = useState<HostForm>({ ...emptyHostForm, name: host });
  const [gone, setGone] = useState(false);
  const [wrong, setWrong] = useState<Wrong>({});
  const asked = useAsked('replace');
  const refusal = useRefusal('replace');
  const field = refusal?.field?.replace(/^input\./, '');
  const shown: Wrong =
    field === undefined || refusal === null ? wrong : { [field]: refusal.message, ...wrong };
  const send = (): void => {
    const found = wrongsOf(form);
    setWrong(found);
    if (Object.keys(found).length > 0) return;
    void ask('replace', () => app().hosts.replace({ groupId, host, input: hostInput(form) })).then(
      (begun) => {
        if (begun !== null) onClose();
      },
    );
  };
  const off = asked ? 'It is under way.' : gone ? null : 'Say first that the old machine is gone.';
  return (
    <Panel title={`New hardware in the place of ${host}`}>
      <div className="form panel-body">
        <p>
          The new machine is logged in to, checked, gets the agent, and takes over the place of the old one in
          the group. VMs whose standby was there are protected again when it has joined.
        </p>
        <LoginFields
          login={form}
          prefix=""
          wrong={shown}
          onChange={(change) => setForm((now) => ({ ...now, ...change }))}
          addressHint="Of the new machine. It may be the same as before."
        />
        <Checkbox
          label={`The old ${host} is off for good and will not be switched on again`}
          hint="If it came back it would find its place taken, and stand aside; but do not rely on it with its disks still mounted."
          on={gone}
          onChange={setGone}
        />
        {refusal === null ? null : (
          <div className="refusal" role="alert">
            <FailureText failure={refusal} />
          </div>
        )}
        <div className="form-buttons">
          <Button look="primary" onPress={send} off={off}>
            {`Replace ${host}`}
          </Button>
          <Button onPress={onClose}>Cancel</Button>
          {asked ? (
            <output className="check">
              <StatusMark word="working" />
              {`Connecting to ${form.address.trim()} …`}
            </output>
          ) : null}
        </div>
      </div>
    </Panel>
  );
}
