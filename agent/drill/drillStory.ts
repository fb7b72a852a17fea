import type { EngineEvent } from '../core/engine/types.ts';
import { type DrillReport, drillResultWords } from '../protocol/drill.ts';
import { MAX_SCREENSHOT_BASE64, type Picture } from '../protocol/picture.ts';
import type { DrillOutcome } from './drill.ts';

/** Null when there is none, or one that is too large to be shown. */
export function asPicture(picture: DrillOutcome['picture']): Picture | null {
  if (picture === null) return null;
  const png = picture.png.toString('base64');
  return png.length > MAX_SCREENSHOT_BASE64 ? null : { png, width: picture.width, height: picture.height };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const EVENT_CODES = {
  passed: 'drill.passed',
  ran: 'drill.ran',
  failed: 'drill.failed',
  'broken-off': 'drill.broken-off',
} as const;

/** What came of a drill, for the event log. */
export function storyOf(report: DrillReport): EngineEvent {
  const { name, host, result, because, bootMs, wellMs, copyMs } = report;
  const times = [
    ...(copyMs === null ? [] : [`copied in ${seconds(copyMs)}`]),
    ...(bootMs === null ? [] : [`guest agent after ${seconds(bootMs)}`]),
    ...(wellMs === null ? [] : [`well after ${seconds(wellMs)}`]),
  ];
  const more = [...times, ...(because === null ? [] : [because.message])].join('; ');
  return {
    code: EVENT_CODES[result],
    level: result === 'failed' ? 'warning' : result === 'broken-off' ? 'notice' : 'info',
    vm: name,
    text: `Drill of ${name} on ${host}: ${drillResultWords[result]}${more === '' ? '' : ` (${more})`}.`.slice(
      0,
      1000,
    ),
    facts: { copyMs, bootMs, wellMs, ...(because === null ? {} : { failure: because.code }) },
  };
}
