import { useState } from 'react';
import type { GroupDraft, SetupHost } from '../../../../electron/ipc/setup/views.ts';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { SelectField, TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Panel.tsx';

interface Part {
  readonly draft: GroupDraft;
  readonly hosts: readonly SetupHost[];
  readonly onChange: (change: Partial<GroupDraft>) => void;
}

const others = (draft: GroupDraft, host: string): GroupDraft['watchdogs'] =>
  draft.watchdogs.filter((each) => each.host !== host);

/** A device that the kernel does not list may be named, with the folder of its attributes after a colon. */
const shape = /^\/[^:]+(:\/.+)?$/;

/** For a host where none was found: some boards have one all the same. */
function ByHand({ draft, host, onChange }: Omit<Part, 'hosts'> & { readonly host: SetupHost }) {
  const [text, setText] = useState(draft.watchdogs.find((each) => each.host === host.name)?.device ?? '');
  const type = (typed: string): void => {
    setText(typed);
    const device = typed.trim();
    const left = others(draft, host.name);
    if (device === '') onChange({ watchdogs: left });
    else if (shape.test(device)) onChange({ watchdogs: [...left, { host: host.name, device }] });
  };
  return (
    <TextField
      label={`Watchdog of ${host.name} (may stay empty)`}
      kind="path"
      placeholder="/dev/watchdog0"
      value={text}
      wrong={text.trim() === '' || shape.test(text.trim()) ? null : 'A device is named like /dev/watchdog0.'}
      hint={`None was found on ${host.name}. Name its device if it has one all the same.`}
      onChange={type}
    />
  );
}

function WatchdogOf({ draft, host, onChange }: Omit<Part, 'hosts'> & { readonly host: SetupHost }) {
  const [first, second] = host.watchdogs;
  if (first === undefined) return <ByHand draft={draft} host={host} onChange={onChange} />;
  if (second === undefined) return <p>{`${host.name}: ${first.identity} (${first.device})`}</p>;
  return (
    <SelectField
      label={`Watchdog of ${host.name}`}
      value={draft.watchdogs.find((each) => each.host === host.name)?.device ?? first.device}
      choices={host.watchdogs.map(({ device, identity }) => ({
        value: device,
        label: `${identity} (${device})`,
      }))}
      onChange={(device) =>
        onChange({ watchdogs: [...others(draft, host.name), { host: host.name, device }] })
      }
    />
  );
}

/** What resets each host when it hangs, and whether one without may be taken over from. */
export function Watchdogs({ draft, hosts, onChange }: Part) {
  return (
    <Panel title="Watchdogs">
      <div className="form panel-body">
        <p>
          A watchdog is a timer in the machine that resets it when it hangs. Only with one can another host be
          certain that a silent host has stopped its VMs.
        </p>
        {hosts.map((host) => (
          <WatchdogOf key={host.name} draft={draft} host={host} onChange={onChange} />
        ))}
        <Checkbox
          label="Take VMs over also from a host with only a software watchdog, or one that is itself a VM"
          hint="A software watchdog can hang together with its host, and a virtual machine can be paused without its clocks noticing. The takeover waits twice as long for it. Without this, such a host's VMs wait for you."
          on={draft.acceptSoftwareWatchdog}
          onChange={(acceptSoftwareWatchdog) => onChange({ acceptSoftwareWatchdog })}
        />
      </div>
    </Panel>
  );
}
