import { useState } from 'react';
import { TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Panel.tsx';
import { treat, useChoices, wrongsOfTreatment, type Treatment } from './choices.ts';

function NumberField({
  field,
  label,
  hint,
}: {
  readonly field: keyof Treatment;
  readonly label: string;
  readonly hint: string;
}) {
  const treatment = useChoices((state) => state.treatment);
  const [text, setText] = useState(String(treatment[field]));
  const typed = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  const wrong = wrongsOfTreatment({ ...treatment, [field]: typed })[field] ?? null;
  return (
    <TextField
      label={label}
      kind="number"
      hint={hint}
      value={text}
      wrong={wrong}
      onChange={(value) => {
        setText(value);
        treat({ [field]: /^\d{1,5}$/.test(value.trim()) ? Number(value) : Number.NaN });
      }}
    />
  );
}

/** How the chosen VMs are treated when something goes wrong with the VM itself. */
export function TreatmentPanel() {
  return (
    <Panel title="How they are treated">
      <div className="form panel-body treatment">
        <NumberField
          field="maxRestarts"
          label="Restarts on the same host"
          hint="A VM that crashes is started again where it was, so many times. After that another host takes it."
        />
        <NumberField
          field="windowMinutes"
          label="… within minutes"
          hint="Crashes longer ago than this are forgotten."
        />
        <NumberField
          field="shutdownSeconds"
          label="Seconds to shut down"
          hint="In a planned switchover the guest may take so long before its power is cut."
        />
      </div>
    </Panel>
  );
}
