import { useState } from 'react';
import { closeDialog } from '../store/actions.ts';
import type { LiveGroup } from '../store/live.ts';
import { useWindow } from '../store/store.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { SwitchOverBefore } from './SwitchOverBefore.tsx';
import { SwitchOverDuring } from './SwitchOverDuring.tsx';
import { switchOverRefusal } from './switchOverRefusal.ts';

/** Where no VM was named: which one. Those that can't be switched over now say why. */
function ChooseVm({
  group,
  onChoose,
}: {
  readonly group: LiveGroup;
  readonly onChoose: (vmId: string) => void;
}) {
  const first = group.vms.find((vm) => switchOverRefusal(group, vm) === null);
  const [vmId, setVmId] = useState(first?.id ?? '');
  const off = first === undefined ? 'No VM can be switched over now.' : null;
  return (
    <Dialog
      title="Switch over"
      onClose={closeDialog}
      buttons={
        <>
          <Button onPress={closeDialog}>Cancel</Button>
          <Button look="primary" onPress={() => onChoose(vmId)} off={off}>
            Go on
          </Button>
        </>
      }
    >
      <label className="field">
        <span className="field-label">VM to switch over</span>
        <select className="control" value={vmId} onChange={(event) => setVmId(event.target.value)}>
          {group.vms.map((vm) => {
            const refusal = switchOverRefusal(group, vm);
            return (
              <option key={vm.id} value={vm.id} disabled={refusal !== null}>
                {refusal === null ? vm.name : `${vm.name} (${refusal})`}
              </option>
            );
          })}
        </select>
      </label>
      {off === null ? null : <p>{off}</p>}
    </Dialog>
  );
}

interface Started {
  readonly runId: string;
  readonly vmId: string;
}

/** Before: what moves and what it means. During and after: the steps with their seconds, stopping, switching back. */
export function SwitchOverDialog({
  group,
  vmId,
}: {
  readonly group: LiveGroup;
  readonly vmId: string | null;
}) {
  const [chosen, setChosen] = useState(vmId);
  const [started, setStarted] = useState<Started | null>(null);
  const [backTo, setBackTo] = useState<string | null>(null);
  const run = useWindow(({ runs }) => runs?.value.find(({ id }) => id === started?.runId) ?? null);
  const vm = group.vms.find(({ id }) => id === chosen);
  if (chosen === null) return <ChooseVm group={group} onChoose={setChosen} />;
  if (run !== null) {
    return (
      <SwitchOverDuring
        key="during"
        run={run}
        onBack={(to) => {
          setBackTo(to);
          setStarted(null);
        }}
      />
    );
  }
  if (vm === undefined) return null;
  return (
    <SwitchOverBefore
      key={`before ${backTo}`}
      group={group}
      vm={vm}
      to={backTo}
      onStarted={(runId) => setStarted({ runId, vmId: vm.id })}
    />
  );
}
