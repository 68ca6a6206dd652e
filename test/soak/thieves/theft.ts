import { Browser } from '../clients/browser';
import type { Answer } from '../clients/connection';
import type { Device } from '../people/device';
import type { Stage } from '../stage';
import { type AgentKind, APPS, COMPUTERS, PHONES } from '../world/agents';
import { lair } from '../world/networks';
import type { Random } from '../world/random';

/** What is stolen, and where it is used. */
export const THEFTS = ['session', 'otherAgent', 'wholeJar'] as const;

export type TheftKind = (typeof THEFTS)[number];

const ALL_AGENTS = [...COMPUTERS, ...PHONES, ...APPS] as const;

/** A thief tries twice: never often enough to have the session ended, which would be right. */
const TRIES = 2;

/** Steals from a device that is signed in, and uses the loot at once. */
export async function steal(
  kind: TheftKind,
  victim: Device,
  random: Random,
  stage: Stage,
): Promise<void> {
  const { findings, timeline } = stage;
  const updates = random.between(0, 6);
  const agent = agentFor(kind, victim, random);
  const headers = {
    'User-Agent': agent.userAgent(updates),
    'X-Forwarded-For': lair(random),
    ...lootFor(kind, victim, random),
  };
  const passed: Answer[] = [];
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const path = attempt === 0 ? '/host/who' : '/auth/session';
    const answer = await stage.connection.send({ method: 'GET', path, headers });
    if (answer.status !== 401) passed.push(answer);
  }
  findings.count(`${kind}Thefts`);
  if (passed.length === 0) return;
  if (kind === 'wholeJar') {
    findings.count('wholeJarTheftsPassed');
    return;
  }
  const circumstances = `minute ${timeline.minute}, from ${victim.name} to ${agent.family} on ${agent.system}`;
  findings.violate(`${kind}Theft`, `${passed[0]?.status ?? 0}`, circumstances);
}

/** Whatever it is, the same, or surely another one. */
function agentFor(kind: TheftKind, { client: { agent } }: Device, random: Random): AgentKind {
  if (kind === 'wholeJar' || (kind === 'session' && random.chance(0.5))) return agent;
  for (;;) {
    const other = random.pick(ALL_AGENTS);
    const differs = other.family !== agent.family || other.system !== agent.system;
    if (kind === 'session' || differs) return other;
  }
}

function lootFor(kind: TheftKind, { client }: Device, random: Random): Record<string, string> {
  const { session, everything } = client.loot();
  if (kind !== 'session') return everything;
  // Half of them bring a device of their own along.
  if (random.chance(0.5)) return session;
  return 'Cookie' in session
    ? Browser.withOwnDevice(session, random.secret())
    : { ...session, 'X-Device-Fingerprint': `md1.${random.secret()}` };
}
