import { ArrowRightLeft, LayoutDashboard, Unplug } from 'lucide-react';
import type { SetupView } from '../../../../electron/ipc/setup/views.ts';
import { openDialog } from '../../store/actions.ts';
import { useWindow } from '../../store/store.ts';
import { words } from '../../text/en.ts';
import { Button } from '../../ui/Button.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { finish } from './setupActions.ts';
import { StepPage } from './StepPage.tsx';

function Test({ groupId }: { readonly groupId: string }) {
  const group = useWindow(({ groups }) => groups?.find(({ id }) => id === groupId) ?? null);
  const ready = group?.vms.some(({ word }) => word === 'protected') === true;
  return (
    <Panel title="See it work, before you need it">
      <div className="tests panel-body">
        <article>
          <ArrowRightLeft aria-hidden="true" />
          <h3>Switch a VM over</h3>
          <p>
            The gentle test: a VM is shut down on one host and started on the other, or moved while it runs.
            You see each step and how long the VM was away. Then switch it back.
          </p>
          <Button
            look="primary"
            onPress={() => openDialog({ kind: 'switch-over', groupId, vmId: null })}
            off={ready ? null : 'No VM is fully protected yet. It takes a moment after it was chosen.'}
          >
            Switch a VM over …
          </Button>
        </article>
        <article>
          <Unplug aria-hidden="true" />
          <h3>Pull the power of a host</h3>
          <p>
            The honest test, at a quiet hour and with a VM that may lose what it did not save: pull the power
            cable of one host, and watch the overview. Its VMs start on the other host after the seconds that
            you chose.
          </p>
          <p className="quiet">
            Pulling the network cable alone moves nothing: both hosts still meet at the storage.
          </p>
        </article>
      </div>
    </Panel>
  );
}

/** The last page: what holds now, and the two tests that prove it. */
export function DoneStep({ setup }: { readonly setup: SetupView }) {
  const groupId = setup.group?.groupId ?? '';
  const group = useWindow(({ groups }) => groups?.find(({ id }) => id === groupId) ?? null);
  const word = group?.verdict.word ?? 'working';
  const sentence =
    group === null
      ? `The group ${setup.group?.name ?? ''} is set up. This app connects to it when you open the overview.`
      : group.verdict.sentence;
  return (
    <StepPage setup={setup} page="done" waitsFor="">
      <section className={`banner banner-${word}`} aria-label="State of the group">
        <StatusMark word={word} size="large" />
        <div className="banner-text">
          <p className="banner-word">{words[word]}</p>
          <p className="banner-sentence">{sentence}</p>
          {group?.verdict.suggestion == null ? null : (
            <p className="banner-suggestion">{group.verdict.suggestion}</p>
          )}
        </div>
      </section>
      {setup.kind === 'connect' ? null : <Test groupId={groupId} />}
      <div className="form-buttons">
        <Button
          look={setup.kind === 'connect' ? 'primary' : 'plain'}
          onPress={() => void finish(setup.id, groupId)}
        >
          <LayoutDashboard aria-hidden="true" />
          Finish and open the overview
        </Button>
      </div>
    </StepPage>
  );
}
