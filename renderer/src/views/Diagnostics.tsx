import { Download } from 'lucide-react';
import { useState } from 'react';
import type { Failure } from '../../../agent/protocol/failure.ts';
import type { DiagnosticsFile, DiagnosticsPreview, SavedFile } from '../../../electron/ipc/daily/views.ts';
import { PageHeader } from '../features/GroupHeader.tsx';
import type { LiveGroup } from '../store/live.ts';
import { app } from '../store/store.ts';
import { fileSize } from '../text/daily.ts';
import { Button } from '../ui/Button.tsx';
import { FailureText } from '../ui/FailureText.tsx';
import { Panel } from '../ui/Panel.tsx';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'collecting' }
  | { readonly kind: 'here'; readonly preview: DiagnosticsPreview }
  | { readonly kind: 'saved'; readonly preview: DiagnosticsPreview; readonly file: SavedFile }
  | { readonly kind: 'failed'; readonly failure: Failure };

function FileList(props: {
  readonly files: readonly DiagnosticsFile[];
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}) {
  const { files, chosen, onChoose } = props;
  return (
    <ul className="file-list" aria-label="Files">
      {files.map(({ name, bytes, redactions }) => (
        <li key={name}>
          <button type="button" aria-pressed={name === chosen} onClick={() => onChoose(name)}>
            <span className="file-name">{name}</span>
            <span className="quiet">
              {fileSize(bytes)}
              {redactions === 0 ? '' : `, ${redactions} taken out`}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Files({ preview }: { readonly preview: DiagnosticsPreview }) {
  const { files, missing, redactedKinds, bytes } = preview;
  const [chosen, setChosen] = useState(files[0]?.name ?? '');
  const file = files.find(({ name }) => name === chosen);
  return (
    <Panel title="What would be saved" aside={`${files.length} files, ${fileSize(bytes)}`}>
      <p className="panel-intro">
        {redactedKinds.length === 0
          ? 'Nothing had to be taken out.'
          : `Taken out before you see it here: ${redactedKinds.join(', ')}.`}
      </p>
      <div className="files">
        <FileList files={files} chosen={chosen} onChoose={setChosen} />
        <div className="file-preview">
          {file === undefined ? null : (
            <>
              {/* A field rather than a block: it scrolls, and is reached, by keyboard. */}
              <textarea readOnly aria-label={`Contents of ${file.name}`} value={file.preview} />
              {file.isWhole ? null : <p className="quiet">Its beginning. The saved file has all of it.</p>}
            </>
          )}
        </div>
      </div>
      {missing.length === 0 ? null : (
        <div className="panel-body">
          <h3>What could not be had</h3>
          {missing.map(({ name, failure }) => (
            <div key={name}>
              <strong>{name}</strong>
              <FailureText failure={failure} />
            </div>
          ))}
        </div>
      )}
    </Panel>
  );
}

/** What support needs, shown before it is saved. It is written to this computer; nothing is sent anywhere. */
export function Diagnostics({ group }: { readonly group: LiveGroup | null }) {
  const [state, setState] = useState<State>({ kind: 'idle' });
  const collect = async (): Promise<void> => {
    setState({ kind: 'collecting' });
    const reply = await app().diagnostics.preview({ groupId: group?.id ?? null });
    setState(reply.ok ? { kind: 'here', preview: reply.value } : { kind: 'failed', failure: reply.failure });
  };
  const save = async (preview: DiagnosticsPreview): Promise<void> => {
    const reply = await app().diagnostics.save({ id: preview.id });
    setState(
      reply.ok ? { kind: 'saved', preview, file: reply.value } : { kind: 'failed', failure: reply.failure },
    );
  };
  const preview = 'preview' in state ? state.preview : null;
  return (
    <>
      <PageHeader group={group} title="Diagnostics" />
      <Panel title="Save a file for support">
        <div className="panel-body split">
          <p>
            Collects states, settings, versions and logs of this app and of the hosts that answer. Passwords,
            keys and tokens are taken out. You see every file before anything is written, and nothing is sent
            anywhere.
          </p>
          <div className="button-row">
            <Button
              look={preview === null ? 'primary' : 'plain'}
              onPress={() => void collect()}
              off={state.kind === 'collecting' ? 'It is being collected.' : null}
            >
              {preview === null ? 'Collect and show' : 'Collect again'}
            </Button>
            {preview === null ? null : (
              <Button
                look="primary"
                onPress={() => void save(preview)}
                off={state.kind === 'saved' ? 'It is saved.' : null}
              >
                <Download aria-hidden="true" />
                Save
              </Button>
            )}
          </div>
        </div>
        <output className="panel-status">
          {state.kind === 'collecting' ? <p>Asking the hosts …</p> : null}
          {state.kind === 'saved' ? (
            <p>
              {'Saved as '}
              <code>{state.file.path}</code>
              {`, ${fileSize(state.file.bytes)}.`}
            </p>
          ) : null}
          {state.kind === 'failed' ? <FailureText failure={state.failure} /> : null}
        </output>
      </Panel>
      {preview === null ? null : <Files key={preview.id} preview={preview} />}
    </>
  );
}
