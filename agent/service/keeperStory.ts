import type { EngineEvent } from '../core/engine/types.ts';
import type { KeeperFacts } from './keeperLink.ts';

type Level = EngineEvent['level'];

/** A keeper's event in words. Facts in braces are put in by name. */
const STORY: Readonly<Record<string, readonly [level: Level, text: string]>> = {};

/** Turns what the keeper reports, code and facts, into a line of the event log. */
export function keeperEvent(code: string, facts: KeeperFacts): EngineEvent {
  const [level, text] = STORY[code] ?? ['notice', `The keeper reports ${code}.`];
  const filled = text.replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? 'unknown'));
  return { code: isCode(code) ? code : 'keeper.event', level, text: filled, facts };
}

const isCode = (code: string): boolean => /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/.test(code);
