import { useEffect } from 'react';
import type { SetupView, StoreCandidateView } from '../../../../electron/ipc/setup/views.ts';
import { app } from '../../store/store.ts';
import { storeFacts, vmsThere } from '../../text/setup.ts';
import { Button } from '../../ui/Button.tsx';
import { Explain } from '../../ui/Explain.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { RadioCards, type RadioCard } from '../../ui/RadioCards.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { ProofPanel } from './ProofPanel.tsx';
import { Refusal } from './Refusal.tsx';
import { ask } from './setupActions.ts';
import { isBusy, useAsked, useRefusal, useSetup, useWork } from './setupStore.ts';
import { StepPage } from './StepPage.tsx';
import { WorkProgress } from './WorkProgress.tsx';

const BY_HAND = 'by-hand';

function Candidate({ candidate }: { readonly candidate: StoreCandidateView }) {
  return (
    <>
      <span className="card-line">{storeFacts(candidate)}</span>
      <span className="card-line">{vmsThere(candidate.vms)}</span>
      {candidate.problems.map(({ code, message, meaning, fix }) => (
        <span key={code} className="card-problem">
          <StatusMark word="at-risk" />
          <span>{[message, meaning, fix].filter((part) => part !== undefined).join(' ')}</span>
        </span>
      ))}
    </>
  );
}

function cardsOf(candidates: readonly StoreCandidateView[]): readonly RadioCard<string>[] {
  const found = candidates.map((candidate) => ({
    value: candidate.path,
    title: candidate.path,
    text: <Candidate candidate={candidate} />,
  }));
  return [
    ...found,
    {
      value: BY_HAND,
      title: 'Another place',
      text: 'A folder that is mounted on every host, or a block device that every host sees under the same name.',
    },
  ];
}

/** A path is a device when it lies under /dev. */
const kindOf = (path: string): 'folder' | 'device' => (path.trim().startsWith('/dev/') ? 'device' : 'folder');

function wrongPath(path: string): string | null {
  const text = path.trim();
  if (text === '') return null;
  if (/^[A-Za-z]:\\|^\\\\/.test(text)) {
    return 'This is a Windows path. Enter the path as the hosts see it, for example /srv/vms.';
  }
  return text.startsWith('/') ? null : 'A path begins with a slash, for example /srv/vms.';
}

/** The proven place is chosen when nothing else is; before that the most promising one. */
function useChosen(setup: SetupView) {
  const chosen = useSetup(({ store }) => store);
  if (chosen !== null) return chosen;
  const first = setup.proof ?? setup.stores?.candidates.find(({ problems }) => problems.length === 0);
  return first === undefined ? null : { kind: first.kind, path: first.path, byHand: false };
}

function Candidates({ setup }: { readonly setup: SetupView }) {
  const candidates = setup.stores?.candidates ?? [];
  const chosen = useChosen(setup);
  const byHand = chosen?.byHand === true || candidates.length === 0;
  const choose = (path: string): void => {
    const candidate = candidates.find((each) => each.path === path);
    useSetup.setState({
      store:
        candidate === undefined
          ? { kind: 'folder', path: '', byHand: true }
          : { kind: candidate.kind, path, byHand: false },
    });
  };
  return (
    <>
      {candidates.length === 0 ? (
        <p>
          No place was found that all hosts have under the same name. Mount the same share, for example of
          your NAS, under the same path on every host; or enter a path below.
        </p>
      ) : (
        <RadioCards
          legend="Places that all hosts have under the same name"
          value={byHand ? BY_HAND : (chosen?.path ?? null)}
          cards={cardsOf(candidates)}
          onChange={choose}
        />
      )}
      {byHand ? (
        <TextField
          label="Path, as the hosts see it"
          name="path"
          kind="path"
          placeholder="/srv/vms"
          value={chosen?.path ?? ''}
          wrong={wrongPath(chosen?.path ?? '')}
          onChange={(path) => useSetup.setState({ store: { kind: kindOf(path), path, byHand: true } })}
          hint="A folder such as /srv/vms, or a device such as /dev/disk/by-id/… Everything on a device is lost."
        />
      ) : null}
    </>
  );
}

function Search({ setup }: { readonly setup: SetupView }) {
  const searching = useAsked('stores');
  const refusal = useRefusal('stores');
  const missing = setup.stores === null;
  useEffect(() => {
    if (missing) void ask('stores', () => app().setup.findStores({}));
  }, [missing]);
  if (refusal !== null) return <Refusal question="stores" />;
  return searching && missing ? (
    <output className="check">
      <StatusMark word="working" />
      Looking what all hosts have in common …
    </output>
  ) : null;
}

function ProveButton({ setup }: { readonly setup: SetupView }) {
  const chosen = useChosen(setup);
  const work = useWork(null, ['prove']);
  const asked = useAsked('prove');
  const path = chosen?.path.trim() ?? '';
  const proven = setup.proof !== null && setup.proof.path === path;
  const off =
    isBusy(work) || asked
      ? 'The proof is under way.'
      : setup.group !== null
        ? 'The group uses its store by now.'
        : path === ''
          ? 'Choose a place first.'
          : wrongPath(path);
  return (
    <Button
      look={proven ? 'plain' : 'primary'}
      off={off}
      onPress={() =>
        void ask('prove', () => app().setup.proveStore({ kind: chosen?.kind ?? 'folder', path }))
      }
    >
      {proven ? 'Prove and measure it again' : 'Prove that it is shared'}
    </Button>
  );
}

/** Step 4: find the places, prove one, see how fast it is and what that means in seconds. */
export function StoreStep({ setup }: { readonly setup: SetupView }) {
  const work = useWork(null, ['prove']);
  const searching = useAsked('stores');
  const { stores, proof } = setup;
  const showWork = work !== null && (proof === null || work.state !== 'done');
  return (
    <StepPage
      setup={setup}
      page="store"
      waitsFor={isBusy(work) ? 'The proof is under way.' : 'A place must be proven to be shared first.'}
    >
      <Panel
        title="Where the VMs' disks are"
        aside={
          <Button
            onPress={() => void ask('stores', () => app().setup.findStores({}))}
            off={searching ? 'It is under way.' : null}
          >
            {searching ? 'Looking …' : 'Look again'}
          </Button>
        }
      >
        <div className="form panel-body">
          <Search setup={setup} />
          {stores === null ? null : <Candidates setup={setup} />}
          {(stores?.warnings ?? []).map((warning) => (
            <div key={warning.message} className="warning">
              <StatusMark word="at-risk" />
              <FailureText failure={warning} />
            </div>
          ))}
          <div className="form-buttons">
            <ProveButton setup={setup} />
            <p className="quiet">
              Each host writes a small file there that only it can know, and the others read it. It is deleted
              again.
            </p>
          </div>
          <Refusal question="prove" />
          <Explain question="Why must it be proven?">
            <p>
              Two hosts can have the same path and yet different disks behind it: a share that is not mounted
              looks like an empty folder. A cache between a host and the storage is as bad: a host would go by
              old news. Both would let a VM run twice, so both are ruled out before anything rests on it.
            </p>
          </Explain>
        </div>
      </Panel>
      {showWork ? <WorkProgress work={work} /> : null}
      {proof === null ? null : <ProofPanel setup={setup} proof={proof} />}
    </StepPage>
  );
}
