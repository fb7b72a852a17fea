import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import type { LiveVm } from '../store/live.ts';
import { app } from '../store/store.ts';
import { ago, wallTime } from '../text/daily.ts';
import { Button } from '../ui/Button.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { Panel } from '../ui/Panel.tsx';
import { Waiting } from '../ui/Waiting.tsx';
import { useReply } from './useReply.ts';

function Picture({
  groupId,
  vm,
  turn,
}: {
  readonly groupId: string;
  readonly vm: LiveVm;
  readonly turn: number;
}) {
  const picture = useReply(app().vm.screenshot, { groupId, vmId: vm.id }, turn);
  switch (picture.kind) {
    case 'asking':
      return (
        <div className="console-frame console-none">
          <Waiting>Asking its host for a picture …</Waiting>
        </div>
      );
    case 'failed':
      return (
        <div className="console-frame console-none">
          <FailureText failure={picture.failure} />
        </div>
      );
    case 'here': {
      const { dataUrl, width, height, host, takenAt } = picture.value;
      return (
        <figure className="console-frame">
          <img src={dataUrl} width={width} height={height} alt={`What the screen of ${vm.name} shows`} />
          <figcaption>{`On ${host} at ${wallTime(takenAt)}, ${ago(takenAt)}`}</figcaption>
        </figure>
      );
    }
  }
}

/** What the VM's screen shows: the quickest proof that a guest is well. Taken on opening and when asked for. */
export function VmConsole({ groupId, vm }: { readonly groupId: string; readonly vm: LiveVm }) {
  const [turn, setTurn] = useState(0);
  const running = vm.place.kind === 'running' || vm.place.kind === 'paused';
  return (
    <Panel
      title="Screen"
      aside={
        running ? (
          <Button onPress={() => setTurn(turn + 1)} label="Take again: a new picture of the screen">
            <RefreshCw aria-hidden="true" />
            Take again
          </Button>
        ) : undefined
      }
    >
      {running ? (
        <Picture groupId={groupId} vm={vm} turn={turn} />
      ) : (
        <p className="console-frame console-none">It does not run where this app could see its screen.</p>
      )}
    </Panel>
  );
}
