import { ArrowRightLeft, Play, Square } from 'lucide-react';
import { useState } from 'react';
import type { IncidentStory, VmDetail } from '../../../electron/ipc/daily/views.ts';
import { PageHeader } from '../features/GroupHeader.tsx';
import { Runs } from '../features/Runs.tsx';
import { Story } from '../features/Story.tsx';
import { switchOverRefusal } from '../features/switchOverRefusal.ts';
import { VmConsole } from '../features/VmConsole.tsx';
import { VmDrills } from '../features/VmDrills.tsx';
import { VmHealth } from '../features/VmHealth.tsx';
import { VmPolicy } from '../features/VmPolicy.tsx';
import { VmDefinition, VmState } from '../features/VmState.tsx';
import { go, openSwitchOver } from '../store/actions.ts';
import { startVm, stopVm, unprotectVm } from '../store/dailyActions.ts';
import type { LiveGroup, LiveVm } from '../store/live.ts';
import { routeHash } from '../store/route.ts';
import { useDaily } from '../store/selectors.ts';
import { useWindow } from '../store/store.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Panel } from '../ui/Panel.tsx';

type Asked = 'stop' | 'unprotect' | null;

const questions = {
  stop: {
    title: (name: string) => `Stop ${name}`,
    text: 'The guest is shut down and stays down: no host starts it again until somebody does. Its protection stays set up.',
    button: (name: string) => `Stop ${name}`,
  },
  unprotect: {
    title: (name: string) => `End the protection of ${name}`,
    text: 'It goes on running where it is. From then on no host starts it when its host fails, and nothing keeps it from being started twice by hand.',
    button: () => 'End its protection',
  },
} as const;

/** Says the consequence first; Cancel has the focus. */
function Confirm(props: {
  readonly asked: NonNullable<Asked>;
  readonly name: string;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}) {
  const { asked, name, onClose, onConfirm } = props;
  const { title, text, button } = questions[asked];
  return (
    <Dialog
      title={title(name)}
      onClose={onClose}
      buttons={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="danger" onPress={onConfirm}>
            {button(name)}
          </Button>
        </>
      }
    >
      <p>{text}</p>
    </Dialog>
  );
}

function Actions(props: {
  readonly group: LiveGroup;
  readonly vm: LiveVm;
  readonly detail: VmDetail | null;
}) {
  const { group, vm, detail } = props;
  const [asked, setAsked] = useState<Asked>(null);
  const ids = { groupId: group.id, vmId: vm.id, name: vm.name };
  const stopped = vm.place.kind === 'stopped';
  const confirm = async (): Promise<void> => {
    setAsked(null);
    if (asked === 'stop') return stopVm(ids);
    if (await unprotectVm(ids)) go({ page: 'vms', groupId: group.id });
  };
  return (
    <>
      <Button
        onPress={() => openSwitchOver(group.id, vm.id)}
        off={switchOverRefusal(group, vm)}
        look="primary"
      >
        <ArrowRightLeft aria-hidden="true" />
        Switch over …
      </Button>
      {stopped ? (
        <Button onPress={() => void startVm(ids)} off={detail?.startRefused ?? null}>
          <Play aria-hidden="true" />
          Start
        </Button>
      ) : (
        <Button onPress={() => setAsked('stop')} off={detail?.stopRefused ?? null}>
          <Square aria-hidden="true" />
          Stop …
        </Button>
      )}
      <Button onPress={() => setAsked('unprotect')}>End protection …</Button>
      {asked === null ? null : (
        <Confirm
          asked={asked}
          name={vm.name}
          onClose={() => setAsked(null)}
          onConfirm={() => void confirm()}
        />
      )}
    </>
  );
}

const none: readonly IncidentStory[] = [];
/** Stories on the VM's own page; the others are among the events. */
const TOLD = 6;

function History({ group, vm }: { readonly group: LiveGroup; readonly vm: LiveVm }) {
  const stories = useWindow((state) => state.stories ?? none);
  const own = stories
    .filter(({ groupId, vms }) => groupId === group.id && vms.some(({ vmName }) => vmName === vm.name))
    .toReversed();
  return (
    <Panel
      title="History"
      aside={<a href={routeHash({ page: 'events', groupId: group.id })}>All events</a>}
      className="history"
    >
      {own.length === 0 ? <p className="empty">Nothing has happened to it yet.</p> : null}
      <div className="stories">
        {own.slice(0, TOLD).map((story) => (
          <Story key={story.id} story={story} />
        ))}
      </div>
    </Panel>
  );
}

/** One VM: how it is, what is done when it fails, what its screen shows, and what has happened to it. */
export function Vm({ group }: { readonly group: LiveGroup }) {
  const id = useWindow(({ route }) => route.item ?? null);
  const daily = useDaily(group.id);
  const vm = group.vms.find((each) => each.id === id);
  if (vm === undefined) {
    return (
      <>
        <PageHeader group={group} title="VM" />
        <p className="empty">
          {'No host of this group reports this VM now. '}
          <a href={routeHash({ page: 'vms', groupId: group.id })}>All VMs</a>
        </p>
      </>
    );
  }
  const detail = daily?.vms.find(({ vmId }) => vmId === vm.id) ?? null;
  return (
    <>
      <PageHeader group={group} title={vm.name}>
        <Actions group={group} vm={vm} detail={detail} />
      </PageHeader>
      <Runs groupId={group.id} vmId={vm.id} />
      <div className="vm-cards">
        <div className="vm-column">
          <VmState group={group} vm={vm} detail={detail} />
          <VmPolicy groupId={group.id} vm={vm} vms={group.vms} />
          <VmHealth groupId={group.id} vm={vm} />
        </div>
        <div className="vm-column">
          <VmConsole groupId={group.id} vm={vm} />
          <VmDrills groupId={group.id} vm={vm} />
          <VmDefinition vm={vm} detail={detail} />
        </div>
      </div>
      <History group={group} vm={vm} />
    </>
  );
}
