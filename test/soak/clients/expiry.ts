import { START } from '../time/start';

/** The minute in which the session of a sign-in's answer ends by itself. */
export function expiryOf(body: Readonly<Record<string, unknown>>): number {
  return (new Date(body['expires_at'] as string).getTime() - START.getTime()) / 60_000;
}
