import type { Failback } from '../../../agent/protocol/group.ts';
import { SelectField } from '../ui/Field.tsx';

/** When a VM goes back to the host that it prefers, as it is chosen. */

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour));
const hourChoices = HOURS.map((hour) => ({ value: hour, label: `${hour.padStart(2, '0')}:00` }));

interface FailbackTexts {
  readonly when: Failback['when'];
  readonly from: string;
  readonly to: string;
  readonly how: 'live' | 'live-or-shutdown';
}

const failbackChoices = [
  { value: 'never', label: 'Never: it stays until you move it' },
  { value: 'idle-hours', label: 'In idle hours' },
  { value: 'at-once', label: 'As soon as that host has been well for five minutes' },
] as const;
const howChoices = [
  { value: 'live', label: 'Only while it runs' },
  { value: 'live-or-shutdown', label: 'With a shutdown if it must be' },
] as const;

export const failbackTexts = (failback: Failback | undefined): FailbackTexts => ({
  when: failback?.when ?? 'never',
  from: String(failback?.hours?.from ?? 22),
  to: String(failback?.hours?.to ?? 6),
  how: failback?.orShutDown === true ? 'live-or-shutdown' : 'live',
});

export function failbackOf({ when, from, to, how }: FailbackTexts): Failback {
  const orShutDown = how === 'live-or-shutdown';
  return when === 'idle-hours'
    ? { when, hours: { from: Number(from), to: Number(to) }, orShutDown }
    : { when, orShutDown };
}

const clock = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

export function failbackText(failback: Failback | undefined): string {
  if (failback === undefined || failback.when === 'never') return 'Never by itself';
  const { hours, orShutDown } = failback;
  const time =
    hours === undefined
      ? 'When that host has been well for five minutes'
      : `Between ${clock(hours.from)} and ${clock(hours.to)}, local time of the host`;
  return `${time}; ${orShutDown ? 'with a shutdown where it can’t be moved while it runs' : 'only while it runs'}`;
}

export function FailbackFields({
  texts,
  onChange,
}: {
  readonly texts: FailbackTexts;
  readonly onChange: (texts: FailbackTexts) => void;
}) {
  return (
    <>
      <SelectField
        label="Goes back to its preferred host"
        hint="After another host has taken it over. One that you have moved yourself stays."
        value={texts.when}
        choices={failbackChoices}
        onChange={(when) => onChange({ ...texts, when })}
      />
      {texts.when !== 'idle-hours' ? null : (
        <>
          <SelectField
            label="Idle hours begin"
            hint="By the local clock of the host that it runs on."
            value={texts.from}
            choices={hourChoices}
            onChange={(from) => onChange({ ...texts, from })}
          />
          <SelectField
            label="Idle hours end"
            hint="May be the next morning."
            wrong={texts.from === texts.to ? 'Not the hour at which they begin.' : null}
            value={texts.to}
            choices={hourChoices}
            onChange={(to) => onChange({ ...texts, to })}
          />
        </>
      )}
      {texts.when === 'never' ? null : (
        <SelectField
          label="How it goes back"
          value={texts.how}
          choices={howChoices}
          onChange={(how) => onChange({ ...texts, how })}
        />
      )}
    </>
  );
}
