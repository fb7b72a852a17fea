import { memo } from 'react';
import type { IfHostDied as Prediction } from '../../../electron/ipc/daily/views.ts';
import { count } from '../../../electron/ipc/words.ts';
import { useDaily } from '../store/selectors.ts';
import { memoryText, moveText } from '../text/daily.ts';
import { Panel } from '../ui/Panel.tsx';
import { StatusMark } from '../ui/StatusMark.tsx';

/** VMs listed of one host; the rest is counted. */
const LISTED = 24;

const PredictionOf = memo(function PredictionOf({ prediction }: { readonly prediction: Prediction }) {
  const { host, word, sentence, moves, stays, memory } = prediction;
  const more = moves.length - LISTED;
  return (
    <li className="prediction">
      <details>
        <summary>
          <StatusMark word={word} />
          <span>
            <strong>{`If ${host} died now: `}</strong>
            {sentence}
          </span>
        </summary>
        {moves.length === 0 ? null : (
          <ol className="prediction-moves" aria-label="In this order">
            {moves.slice(0, LISTED).map((move) => (
              <li key={move.vmId}>
                <strong>{move.vmName}</strong> {moveText(move)}
              </li>
            ))}
            {more > 0 ? <li className="quiet">{`and ${count(more, 'more VM')}`}</li> : null}
          </ol>
        )}
        {stays.length === 0 ? null : (
          <ul className="prediction-stays" aria-label="Not started anywhere">
            {stays.slice(0, LISTED).map(({ vmId, vmName, why, fix }) => (
              <li key={vmId}>
                <StatusMark word="not-protected" />
                <span>
                  <strong>{vmName}</strong> {`would stay down. ${why}`}
                  {fix === null ? null : <span className="reason-fix">{` ${fix}`}</span>}
                </span>
              </li>
            ))}
          </ul>
        )}
        {memory.map((line) => (
          <p key={line.host} className="prediction-memory">
            <StatusMark
              word={line.suffices === null ? 'not-known' : line.suffices ? 'protected' : 'at-risk'}
            />
            {memoryText(line)}
          </p>
        ))}
      </details>
    </li>
  );
});

/** What would happen if a host died at this moment: who takes what, in which order, and whether its memory suffices. */
export function IfHostDied({ groupId }: { readonly groupId: string }) {
  const predictions = useDaily(groupId)?.ifHostDied ?? [];
  if (predictions.length === 0) return null;
  return (
    <Panel title="If a host died now" aside="From the facts of this moment">
      <ul className="predictions">
        {predictions.map((prediction) => (
          <PredictionOf key={prediction.host} prediction={prediction} />
        ))}
      </ul>
    </Panel>
  );
}
