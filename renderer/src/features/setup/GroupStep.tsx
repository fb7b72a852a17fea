import { useState } from 'react';
import type { GroupDraft, SetupHost, SetupView } from '../../../../electron/ipc/setup/views.ts';
import { listed } from '../../../../electron/ipc/words.ts';
import { app } from '../../store/store.ts';
import { profileTitles } from '../../text/setup.ts';
import { Button } from '../../ui/Button.tsx';
import { Explain } from '../../ui/Explain.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { SelectField, TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { filled, withLink, withoutLink, wrongsOfDraft } from './groupDraft.ts';
import { ask, typeDraft } from './setupActions.ts';
import { isBusy, useAsked, useRefusal, useSetup, useWork } from './setupStore.ts';
import { StepPage } from './StepPage.tsx';
import { Watchdogs } from './Watchdogs.tsx';
import { WorkProgress } from './WorkProgress.tsx';

/** As many as the heartbeats of a host can take. */
const MAX_LINKS = 4;

interface DraftPart {
  readonly draft: GroupDraft;
  readonly hosts: readonly SetupHost[];
  readonly onChange: (change: Partial<GroupDraft>) => void;
}

function LinkRow({ draft, hosts, onChange, link }: DraftPart & { readonly link: number }) {
  return (
    <fieldset className="link-row">
      <legend>{`Link ${link + 1}`}</legend>
      <div className="link-ends">
        {hosts.map((host) => {
          const own = draft.links.find((each) => each.host === host.name)?.addresses ?? [];
          const value = own[link] ?? '';
          const known = host.addresses.includes(value) || value === '';
          return (
            <SelectField
              key={host.name}
              label={host.name}
              value={value}
              choices={[
                ...(value === '' ? [{ value: '', label: 'Choose an address' }] : []),
                ...(known ? [] : [{ value, label: `${value} (gone)` }]),
                ...host.addresses.map((address) => ({ value: address, label: address })),
              ]}
              wrong={known && value !== '' ? null : 'Choose one of its addresses.'}
              onChange={(address) => onChange({ links: withLink(draft, host.name, link, address) })}
            />
          );
        })}
      </div>
    </fieldset>
  );
}

function Links(part: DraftPart) {
  const { draft, hosts, onChange } = part;
  const count = Math.max(1, ...draft.links.map(({ addresses }) => addresses.length));
  const add = (): void => {
    const links = hosts.reduce(
      (sofar, host) => {
        const used = sofar.links.find((each) => each.host === host.name)?.addresses ?? [];
        const free =
          host.addresses.find((address) => !used.includes(address) && !address.includes(':')) ?? '';
        return { links: withLink(sofar, host.name, count, free) };
      },
      { links: draft.links },
    ).links;
    onChange({ links });
  };
  return (
    <Panel title="Heartbeats" aside={count === 1 ? '1 link' : `${count} links`}>
      <div className="form panel-body">
        <p>
          The hosts say &quot;I am here&quot; to each other four times a second, on every link. A second link
          over another network card and another cable keeps a broken switch from looking like trouble.
        </p>
        {Array.from({ length: count }, (_, link) => (
          <LinkRow key={link} {...part} link={link} />
        ))}
        <div className="form-buttons">
          <Button onPress={add} off={count >= MAX_LINKS ? `At most ${MAX_LINKS} links.` : null}>
            Add a link
          </Button>
          {count > 1 ? (
            <Button onPress={() => onChange({ links: withoutLink(draft, count - 1) })}>
              {`Take link ${count} away`}
            </Button>
          ) : null}
        </div>
        <Explain question="What if the hosts lose sight of each other?">
          <p>
            Then nothing moves: both still meet at the shared storage, and that counts. Heartbeats only make
            things quick and say early what is wrong.
          </p>
        </Explain>
      </div>
    </Panel>
  );
}

function Port({ draft, onChange }: Omit<DraftPart, 'hosts'>) {
  const [text, setText] = useState(String(draft.port));
  const number = Number(text);
  const fits = /^\d{1,5}$/.test(text) && number >= 1 && number <= 65_535;
  return (
    <TextField
      label="UDP port of the heartbeats"
      kind="number"
      name="port"
      value={text}
      wrong={fits ? null : 'A port is a number from 1 to 65535.'}
      hint="Open it in the firewalls between the hosts. It is the same on all of them."
      onChange={(typed) => {
        setText(typed);
        const port = Number(typed);
        if (/^\d{1,5}$/.test(typed) && port >= 1 && port <= 65_535) onChange({ port });
      }}
    />
  );
}

function Existing({ setup }: { readonly setup: SetupView }) {
  if (setup.group === null) return null;
  return (
    <Panel title={`The group ${setup.group.name}`}>
      <p className="panel-body">
        {`${listed(setup.hosts.map(({ name }) => name))} watch each other over ${setup.proof?.path ?? 'the shared storage'}.`}
      </p>
    </Panel>
  );
}

function GroupForm({ setup }: { readonly setup: SetupView }) {
  const typed = useSetup(({ draft }) => draft);
  const work = useWork(null, ['create']);
  const asked = useAsked('create');
  const refusal = useRefusal('create');
  const [tried, setTried] = useState(false);
  const draft = filled(typed ?? setup.draft, setup.hosts);
  const wrong = wrongsOfDraft(draft, setup.hosts);
  const onChange = (change: Partial<GroupDraft>): void => typeDraft(draft, change);
  const part = { draft, hosts: setup.hosts, onChange };
  const busy = isBusy(work) || asked;
  const recommended = setup.proof?.profiles.find((profile) => profile.recommended)?.name ?? 'steady';
  const create = (): void => {
    setTried(true);
    if (wrong.first === null)
      void ask('create', () => app().setup.createGroup({ ...draft, name: draft.name.trim() }));
  };
  const again = work !== null && (work.state === 'failed' || work.state === 'interrupted');
  return (
    <>
      <Panel title="Name">
        <div className="form panel-body">
          <TextField
            label="Name of the group"
            name="name"
            placeholder="shop"
            hint="As you call this place, for example the company or the room."
            value={draft.name}
            onChange={(name) => onChange({ name })}
            wrong={
              (tried || draft.name !== '' ? wrong.name : null) ??
              (refusal?.field === 'name' ? refusal.message : null)
            }
          />
          <details>
            <summary>Heartbeat port</summary>
            <Port draft={draft} onChange={onChange} />
          </details>
        </div>
      </Panel>
      <Links {...part} />
      <Watchdogs {...part} />
      {work === null || work.state === 'done' ? null : <WorkProgress work={work} />}
      {refusal === null ? null : (
        <div className="refusal" role="alert">
          <FailureText failure={refusal} />
        </div>
      )}
      <div className="form-buttons">
        <Button look="primary" onPress={create} off={busy ? 'It is under way.' : null}>
          {busy ? 'Making the group …' : again ? 'Go on making the group' : 'Make the group'}
        </Button>
        <p className="quiet">
          {tried && wrong.first !== null
            ? wrong.first
            : `${listed(setup.hosts.map(({ name }) => name))}, ${setup.proof?.path ?? ''}, timing ${profileTitles[draft.profile ?? recommended]}. No VM is touched.`}
        </p>
      </div>
    </>
  );
}

/** Step 5: name, heartbeat links and watchdogs; then the hosts become a group. */
export function GroupStep({ setup }: { readonly setup: SetupView }) {
  const work = useWork(null, ['create']);
  const busy = isBusy(work);
  return (
    <StepPage
      setup={setup}
      page="group"
      holds={busy}
      waitsFor={busy ? 'The group is being made.' : 'The group must be made first.'}
    >
      {setup.group === null ? <GroupForm setup={setup} /> : <Existing setup={setup} />}
      {setup.group === null || work === null || work.state === 'done' ? null : <WorkProgress work={work} />}
    </StepPage>
  );
}
