import { memo } from 'react';
import { Wrench } from 'lucide-react';
import type { PairReason, PairRow, RecoveryPrediction } from '../../../../electron/ipc/setup/pairViews.ts';
import { app } from '../../store/store.ts';
import { orderChoices, predictedWords, vmFacts } from '../../text/pairs.ts';
import { Button } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Checkbox.tsx';
import { FailureText } from '../../ui/FailureText.tsx';
import { StatusMark, Status } from '../../ui/StatusMark.tsx';
import { ask } from '../setup/setupActions.ts';
import { useAsked, useRefusal } from '../setup/setupStore.ts';
import { isBlocked, usualWish, wish, type Wish } from './choices.ts';

function Reason({
  groupId,
  row,
  reason,
}: {
  readonly groupId: string;
  readonly row: PairRow;
  readonly reason: PairReason;
}) {
  const { failure, blocking, fix } = reason;
  const question = `pair fix ${row.vmId} ${fix?.id ?? ''}`;
  const asked = useAsked(question);
  const refusal = useRefusal(question);
  return (
    <li className="pair-reason">
      <StatusMark word={blocking ? 'not-protected' : 'at-risk'} />
      <div>
        <p>
          {failure.message}
          {failure.meaning === undefined ? null : <span className="reason-fix">{` ${failure.meaning}`}</span>}
        </p>
        {failure.fix === undefined ? null : <p className="reason-fix">{failure.fix}</p>}
        {fix === null ? null : (
          <div className="line-fix">
            <Button
              onPress={() =>
                void ask(question, () => app().pairs.fix({ groupId, vmId: row.vmId, fix: fix.id }))
              }
              off={asked ? 'It is under way.' : null}
              label={`${fix.label}: ${row.name}`}
            >
              <Wrench aria-hidden="true" />
              {fix.label}
            </Button>
            <span className="quiet">{fix.consequence}</span>
          </div>
        )}
        {refusal === null ? null : <FailureText failure={refusal} />}
      </div>
    </li>
  );
}

function Verdict({ row, blocked }: { readonly row: PairRow; readonly blocked: boolean }) {
  if (row.protectedAlready) return <Status word="protected" label="Protected" />;
  if (row.reasons === null) return <Status word="working" label="Being looked at" />;
  if (blocked) return <Status word="not-protected" label="Not yet" />;
  return row.reasons.length === 0 ? (
    <Status word="protected" label="Ready" />
  ) : (
    <Status word="at-risk" label="Ready, with less" />
  );
}

function Options({
  groupId,
  row,
  own,
}: {
  readonly groupId: string;
  readonly row: PairRow;
  readonly own: Wish;
}) {
  return (
    <div className="pair-options">
      <label>
        <span>Preferred host</span>
        <select
          className="control"
          value={own.preferred}
          onChange={(event) => wish(groupId, [row], { preferred: event.target.value })}
        >
          {row.hosts.map((host) => (
            <option key={host} value={host}>
              {host}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Starts</span>
        <select
          className="control"
          value={String(own.order)}
          onChange={(event) => wish(groupId, [row], { order: Number(event.target.value) })}
        >
          {orderChoices(own.order).map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** One VM: whether it can be protected, why not yet, and what is wanted for it. Drawn anew only when that changes. */
export const PairItem = memo(function PairItem({
  groupId,
  row,
  own: given,
  predicted,
}: {
  readonly groupId: string;
  readonly row: PairRow;
  readonly own: Wish | undefined;
  readonly predicted: RecoveryPrediction;
}) {
  const own = given ?? usualWish(row);
  const blocked = isBlocked(row);
  const refused = row.protectedAlready
    ? 'It is protected already.'
    : row.reasons === null
      ? 'It is being looked at.'
      : blocked
        ? 'What is named beside it must be put right first.'
        : null;
  const chosen = own.on && refused === null;
  return (
    <li className={chosen ? 'pair pair-chosen' : 'pair'}>
      <Checkbox
        label={`Protect ${row.name}`}
        hideLabel
        on={row.protectedAlready || chosen}
        off={refused}
        onChange={(on) => wish(groupId, [row], { on })}
      />
      <div className="pair-vm">
        <h4>{row.name}</h4>
        <p className="quiet">{vmFacts(row)}</p>
      </div>
      <div className="pair-state">
        <Verdict row={row} blocked={blocked} />
        {row.reasons === null || row.reasons.length === 0 ? null : (
          <ul>
            {row.reasons.map((reason) => (
              <Reason key={reason.failure.message} groupId={groupId} row={row} reason={reason} />
            ))}
          </ul>
        )}
        {blocked ? null : (
          <p className="quiet" title={predicted.sentence}>
            {predictedWords(predicted)}
          </p>
        )}
      </div>
      {chosen ? <Options groupId={groupId} row={row} own={own} /> : <span />}
    </li>
  );
});
