import { type ReactNode, useState } from 'react';
import { Button } from '../ui/Button.tsx';
import { TextField } from '../ui/Field.tsx';
import { boundsOf, type WholeNumber, wrongNumber } from './wholeNumber.ts';

/** Numbers of a VM's policy, each with its bounds and what is wrong with it. */
export function NumberFields<Name extends string>({
  fields,
  texts,
  onText,
}: {
  readonly fields: readonly WholeNumber<Name>[];
  readonly texts: Readonly<Record<Name, string>>;
  readonly onText: (field: Name, text: string) => void;
}) {
  return fields.map((each) => {
    const { field, label, hint } = each;
    return (
      <TextField
        key={field}
        kind="number"
        label={label}
        hint={`${hint} ${boundsOf(each)}.`}
        value={texts[field]}
        wrong={wrongNumber(each, texts[field])}
        onChange={(text) => onText(field, text)}
      />
    );
  });
}

/** A part of a VM's policy while it is changed: stays open until the hosts have taken it. */
export function VmForm({
  save,
  wrong,
  onSave,
  onClose,
  children,
}: {
  /** What the button says. */
  readonly save: string;
  readonly wrong: boolean;
  /** Whether the hosts have taken it. */
  readonly onSave: () => Promise<boolean>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const [saving, setSaving] = useState(false);
  const off = wrong ? 'Something above is not accepted.' : saving ? 'It is being saved.' : null;
  const send = async (): Promise<void> => {
    setSaving(true);
    const done = await onSave();
    setSaving(false);
    if (done) onClose();
  };
  return (
    <form
      className="policy-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (off === null) void send();
      }}
    >
      {children}
      <div className="button-row">
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" onPress={() => void send()} off={off}>
          {save}
        </Button>
      </div>
    </form>
  );
}
