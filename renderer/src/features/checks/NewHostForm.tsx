import { useState } from 'react';
import { app } from '../../store/store.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { emptyHostForm, hostInput, wrongsOf, type HostForm, type Wrong } from '../setup/hostForm.ts';
import { LoginFields } from '../setup/LoginFields.tsx';
import { ask } from '../setup/setupActions.ts';
import { Refusal } from '../setup/Refusal.tsx';
import { useAsked, useRefusal } from '../setup/setupStore.ts';

const texts = {
  join: 'The new machine is logged in to, checked, gets the agent, and joins the group. It must reach the same storage. Choose afterwards which VMs it may run.',
  joinAddress: 'Of the new machine.',
  replace:
    'The new machine is logged in to, checked, gets the agent, and takes over the place of the old one in the group. VMs whose standby was there are protected again when it has joined.',
  replaceAddress: 'Of the new machine. It may be the same as before.',
} as const;

function IsGone({
  host,
  gone,
  onChange,
}: {
  readonly host: string;
  readonly gone: boolean;
  readonly onChange: (gone: boolean) => void;
}) {
  return (
    <Checkbox
      label={`The old ${host} is off for good and will not be switched on again`}
      hint="If it came back it would find its place taken, and stand aside; but do not rely on it with its disks still mounted."
      on={gone}
      onChange={onChange}
    />
  );
}

function Connecting({ address }: { readonly address: string }) {
  return (
    <output className="check">
      <StatusMark word="working" />
      {`Connecting to ${address.trim()} …`}
    </output>
  );
}

/** A machine that comes into a group that runs: as one more, or in the place of a lost one. */
export function NewHostForm({
  groupId,
  replaces,
  onClose,
}: {
  readonly groupId: string;
  /** Name of the host whose place it takes; null: one more. */
  readonly replaces: string | null;
  readonly onClose: () => void;
}) {
  const [form, setForm] = useState<HostForm>(emptyHostForm);
  const [gone, setGone] = useState(false);
  const [wrong, setWrong] = useState<Wrong>({});
  const question = replaces === null ? 'join' : 'replace';
  const asked = useAsked(question);
  const refusal = useRefusal(question);
  const field = refusal?.field?.replace(/^input\./, '');
  const shown: Wrong =
    field === undefined || refusal === null ? wrong : { [field]: refusal.message, ...wrong };
  const call = (input: ReturnType<typeof hostInput>) =>
    replaces === null
      ? app().hosts.addToGroup({ groupId, input })
      : app().hosts.replace({ groupId, host: replaces, input });
  const send = (): void => {
    const found = wrongsOf(form);
    setWrong(found);
    if (Object.keys(found).length > 0) return;
    void ask(question, () => call(hostInput(form))).then((begun) => {
      if (begun !== null) onClose();
    });
  };
  const sure = replaces === null || gone;
  const off = asked ? 'It is under way.' : sure ? null : 'Say first that the old machine is gone.';
  return (
    <Panel title={replaces === null ? 'One more host' : `New hardware in the place of ${replaces}`}>
      <div className="form panel-body">
        <p>{replaces === null ? texts.join : texts.replace}</p>
        <LoginFields
          login={form}
          prefix=""
          wrong={shown}
          onChange={(change) => setForm((now) => ({ ...now, ...change }))}
          addressHint={replaces === null ? texts.joinAddress : texts.replaceAddress}
        />
        {replaces === null ? null : <IsGone host={replaces} gone={gone} onChange={setGone} />}
        <Refusal question={question} />
        <div className="form-buttons">
          <Button look="primary" onPress={send} off={off}>
            {replaces === null ? 'Add it to the group' : `Replace ${replaces}`}
          </Button>
          <Button onPress={onClose}>Cancel</Button>
          {asked ? <Connecting address={form.address} /> : null}
        </div>
      </div>
    </Panel>
  );
}
